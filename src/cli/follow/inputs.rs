//! The logs that are followed: a file that grows, or a stream.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use chrono::{Datelike, Local};

use super::super::arguments::{Follow, FollowFrom};
use crate::cluster::log::Log;
use crate::follow::intake::Intake;
use crate::scan::scanner::Scanner;
use crate::source::tail::{Checkpoint, Delivery, FileId, Note, Poke, Sink, Start, Stream, Tail};
use crate::source::{LineStart, STDIN, last_line_with};

/// What the first line of a server process says, in all versions.
const SERVER_START: [&[u8]; 2] = [b"Starting MariaDB ", b") starting as process "];

/// A word about a log: which, what, and whether lines are missing.
pub type Word = (String, String, bool);

/// One log.
pub struct Followed<'a> {
    /// As given.
    pub input: String,
    pub intake: Intake<'a>,
    pub lines: u64,
    /// A stream that came to its end.
    pub ended: bool,
    /// When the last line was written, as far as is known.
    pub written: Option<Instant>,
    /// Where the reading began.
    pub begin: Option<Checkpoint>,
    reader: Reader,
    file: Option<FileId>,
}

/// None of either once it was finished.
enum Reader {
    File(Option<Box<Tail>>),
    Stream(Option<Stream>),
}

/// All inputs, each with where it begins: where an earlier run began, else where the user says.
pub fn followed<'a>(
    scanner: &'a Scanner,
    options: &Follow,
    earlier: &[Checkpoint],
    poke: &Poke,
) -> Result<Vec<Followed<'a>>> {
    let named = options.nodes.iter().map(|(node, path)| (path, Some(node.clone())));
    let all: Vec<(&PathBuf, Option<String>)> = options.inputs.iter().map(|path| (path, None)).chain(named).collect();
    for (index, (path, _)) in all.iter().enumerate() {
        if path.is_dir() {
            bail!("{} is a folder; give the log file in it, which need not be there yet", path.display());
        }
        if all[..index].iter().any(|(other, _)| other == path) {
            bail!("{} is given twice", path.display());
        }
    }
    all.into_iter().map(|(path, node)| Followed::new(scanner, path, node, options.from, earlier, poke)).collect()
}

impl<'a> Followed<'a> {
    fn new(
        scanner: &'a Scanner,
        path: &Path,
        node: Option<String>,
        from: FollowFrom,
        earlier: &[Checkpoint],
        poke: &Poke,
    ) -> Result<Self> {
        let input = path.display().to_string();
        let stem = path.file_stem().map_or_else(|| input.clone(), |stem| stem.to_string_lossy().into_owned());
        let log = Log { stem, given: node, ..Log::default() };
        let intake = Intake::new(scanner, log, Local::now().year());
        let mut begin = earlier.iter().find(|checkpoint| checkpoint.path == path).cloned();
        let reader = if path == Path::new(STDIN) {
            Reader::Stream(Some(Stream::stdin(Some(poke.clone())).context("cannot read standard input")?))
        } else {
            begin = begin.or_else(|| beginning(path, from));
            let start = match (&begin, from) {
                (Some(begin), _) => Start::Checkpoint(begin.clone()),
                (None, FollowFrom::End) => Start::End,
                (None, FollowFrom::Start | FollowFrom::LastStart) => Start::Beginning,
            };
            Reader::File(Some(Box::new(Tail::new(path.to_path_buf(), start))))
        };
        Ok(Self { input, intake, lines: 0, ended: false, written: modified(path), begin, reader, file: None })
    }

    /// Reads all that is there; true when lines came.
    pub fn read(&mut self, scanner: &Scanner, now: Instant, words: &mut Vec<Word>) -> bool {
        let before = self.lines;
        self.deliver(scanner, words, |reader, sink| match reader {
            Reader::File(tail) => tail.iter_mut().for_each(|tail| tail.look(now, sink)),
            Reader::Stream(stream) => stream.iter_mut().for_each(|stream| stream.look(now, sink)),
        });
        let came = self.lines > before;
        if came && before > 0 {
            self.written = Some(now);
        }
        came
    }

    /// Reads what is left, with the line that is not finished.
    pub fn finish(&mut self, scanner: &Scanner, words: &mut Vec<Word>) {
        let now = Instant::now();
        self.deliver(scanner, words, |reader, sink| match reader {
            Reader::File(tail) => tail.take().into_iter().for_each(|tail| tail.finish(now, sink)),
            Reader::Stream(stream) => stream.take().into_iter().for_each(|stream| stream.finish(now, sink)),
        });
    }

    /// Takes in what the reader hands out.
    fn deliver(&mut self, scanner: &Scanner, words: &mut Vec<Word>, read: impl FnOnce(&mut Reader, &mut Sink<'_>)) {
        let Self { input, intake, lines, ended, reader, file, .. } = self;
        let mut sink = |delivery| match delivery {
            Delivery::Piece(piece) => {
                if *file != Some(piece.file) {
                    *file = Some(piece.file);
                    intake.begin_file(scanner, input.clone());
                }
                *lines += memchr::memchr_iter(b'\n', &piece.bytes).count() as u64;
                intake.push(scanner, &piece.bytes, piece.first_line);
            }
            Delivery::Note(note) => {
                *ended |= matches!(note, Note::Ended);
                words.push((input.clone(), note.to_string(), matches!(note, Note::Gap { .. })));
            }
        };
        read(reader, &mut sink);
    }
}

/// Where to begin in a file that is there; a compressed or unreadable one is left to the follower.
fn beginning(path: &Path, from: FollowFrom) -> Option<Checkpoint> {
    let line = match from {
        FollowFrom::End => return None,
        FollowFrom::Start => None,
        FollowFrom::LastStart => last_line_with(path, &SERVER_START).ok()?,
    };
    Checkpoint::at(path, line.unwrap_or(LineStart { offset: 0, number: 1 })).ok()
}

/// The moment of the last change of a file.
fn modified(path: &Path) -> Option<Instant> {
    let age = SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?).unwrap_or(Duration::ZERO);
    Instant::now().checked_sub(age)
}
