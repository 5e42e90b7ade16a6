//! The reading half: opens the files of all logs in turn, cuts them into blocks, strips their transport.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cluster::log::{File, Log};
use crate::scan::block::Block;
use crate::scan::unwrap::Unwrap;
use crate::source::{ChunkReader, CutLine, InputProblem, Limits, LogSource, open, rotation};
use crate::transport::Transport;

/// A block stays in the processor's cache, together with the filters of the search.
const LIMITS: Limits = Limits { block: 192 << 10, search: 64 << 10, line: 1 << 20, read: 128 << 10 };

/// One thing that was read.
pub enum Step {
    Block { log: usize, file: usize, block: Block },
    End { log: usize, file: usize, end: FileEnd },
}

/// What is known of a file when it was read to its end.
pub struct FileEnd {
    pub path: PathBuf,
    pub bytes: u64,
    pub format: &'static str,
    pub host: Option<String>,
    pub problems: Vec<InputProblem>,
}

/// A log of which nothing was read yet.
pub fn empty_log(source: &LogSource) -> Log {
    let file = |path: &PathBuf| File { path: path.display().to_string(), rotation: rotation(path), ..File::default() };
    Log {
        stem: source.stem.clone(),
        given: source.node.clone(),
        files: source.files.iter().map(file).collect(),
        ..Log::default()
    }
}

/// All blocks of all logs, in order.
pub struct Feed<'a> {
    files: std::vec::IntoIter<(usize, usize, &'a PathBuf)>,
    current: Option<Current>,
    year: i32,
    read: u64,
    progress: &'a (dyn Fn(u64) + Sync),
}

struct Current {
    log: usize,
    file: usize,
    reader: Option<ChunkReader<Box<dyn Read + Send>>>,
    unwrap: Unwrap,
    cut: Cut,
    end: FileEnd,
}

/// Lines of which only the head was kept.
#[derive(Clone, Copy, Debug, Default)]
struct Cut {
    lines: u64,
    first: u64,
    dropped: u64,
}

impl<'a> Feed<'a> {
    pub fn new(sources: &'a [LogSource], year: i32, progress: &'a (dyn Fn(u64) + Sync)) -> Self {
        let all = sources.iter().enumerate();
        let files: Vec<_> = all
            .flat_map(|(log, source)| source.files.iter().enumerate().map(move |(file, path)| (log, file, path)))
            .collect();
        Self { files: files.into_iter(), current: None, year, read: 0, progress }
    }

    /// Takes back the text of a block, to be used for another one.
    pub fn recycle(&mut self, text: Vec<u8>) {
        if text.capacity() > 0
            && let Some(reader) = self.current.as_mut().and_then(|current| current.reader.as_mut())
        {
            reader.recycle(text);
        }
    }
}

impl Iterator for Feed<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let mut current = match self.current.take() {
            Some(current) => current,
            None => {
                let (log, file, path) = self.files.next()?;
                Current::open(log, file, path, self.year)
            }
        };
        match current.next_block() {
            Some(block) => {
                self.read += block.text.len() as u64;
                (self.progress)(self.read);
                let step = Step::Block { log: current.log, file: current.file, block };
                self.current = Some(current);
                Some(step)
            }
            None => Some(Step::End { log: current.log, file: current.file, end: current.end }),
        }
    }
}

impl Current {
    fn open(log: usize, file: usize, path: &Path, year: i32) -> Self {
        let mut end = FileEnd {
            path: path.to_path_buf(),
            bytes: 0,
            format: Transport::Plain.name(),
            host: None,
            problems: Vec::new(),
        };
        let reader = match open(path) {
            Ok(opened) => Some(ChunkReader::with_limits(opened.reader, 1, LIMITS)),
            Err(problem) => {
                end.problems.push(problem);
                None
            }
        };
        Self { log, file, reader, unwrap: Unwrap::new(year), cut: Cut::default(), end }
    }

    fn next_block(&mut self) -> Option<Block> {
        loop {
            let chunk = match self.reader.as_mut()?.next_chunk() {
                Ok(Some(chunk)) => chunk,
                Ok(None) => {
                    self.reader = None;
                    return self.last_block();
                }
                Err(error) => {
                    self.end.problems.push(InputProblem::from_io(&self.end.path, &error));
                    self.reader = None;
                    return self.last_block();
                }
            };
            self.end.bytes = chunk.offset + chunk.bytes.len() as u64;
            self.note_cut_lines(&chunk.cut_lines);
            if let Some(block) = self.unwrap.push(chunk.bytes, chunk.first_line) {
                return Some(block);
            }
        }
    }

    fn note_cut_lines(&mut self, cut_lines: &[CutLine]) {
        for cut in cut_lines {
            self.cut.first = if self.cut.lines == 0 { cut.line } else { self.cut.first };
            self.cut.lines += 1;
            self.cut.dropped += cut.dropped;
        }
    }

    fn last_block(&mut self) -> Option<Block> {
        let block = self.unwrap.finish();
        self.end.format = self.unwrap.format();
        self.end.host = self.unwrap.host();
        if self.cut.lines > 0 {
            let Cut { lines, first, dropped } = self.cut;
            self.end.problems.push(InputProblem::LongLines { path: self.end.path.clone(), lines, first, dropped });
            self.cut = Cut::default();
        }
        block
    }
}
