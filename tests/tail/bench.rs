//! A folder with a log, its writer and its follower.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use galera_rca::source::tail::{Checkpoint, Delivery, FileId, Note, Piece, Start, Tail};
use tempfile::TempDir;

/// What was handed out, checked as it comes.
#[derive(Default)]
pub struct Got {
    pub text: Vec<u8>,
    pub notes: Vec<Note>,
    /// Lines without a newline.
    pub cuts: usize,
    /// Where the next piece of each file must begin: byte and line.
    next: HashMap<FileId, (u64, u64)>,
}

impl Got {
    pub fn take(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Piece(piece) => self.piece(&piece),
            Delivery::Note(Note::LongLine { file, dropped, .. }) => {
                self.next.entry(file).and_modify(|next| next.0 += dropped);
                self.notes.push(Note::LongLine { file, line: 0, kept: 0, dropped });
            }
            Delivery::Note(note) => self.notes.push(note),
        }
    }

    fn piece(&mut self, piece: &Piece) {
        assert!(!piece.bytes.is_empty() && piece.bytes.len() <= 1024 * 1024 + 64 * 1024, "{}", piece.bytes.len());
        if self.next.contains_key(&piece.file) {
            // A copy goes on where the original stopped, and may have the inode of a deleted file.
            let place = (piece.offset, piece.first_line);
            assert!(place == (0, 1) || self.next.values().any(|next| *next == place), "a jump within a file");
        }
        let newlines = piece.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.next.insert(piece.file, (piece.offset + piece.bytes.len() as u64, piece.first_line + newlines));
        self.cuts += usize::from(!piece.bytes.ends_with(b"\n"));
        self.text.extend_from_slice(&piece.bytes);
    }

    pub fn lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.text).lines().map(str::to_owned).collect()
    }

    pub fn gaps(&self) -> usize {
        self.count(|note| matches!(note, Note::Gap { .. }))
    }

    pub fn count(&self, which: impl Fn(&Note) -> bool) -> usize {
        self.notes.iter().filter(|note| which(note)).count()
    }
}

/// A folder, the followed path in it, and a clock that stands still.
pub struct Bench {
    pub folder: TempDir,
    pub path: PathBuf,
    pub tail: Tail,
    pub now: Instant,
    pub got: Got,
    /// What must have been handed out.
    pub expected: Vec<String>,
    number: usize,
}

impl Bench {
    /// Follows a file that is not there yet.
    pub fn new() -> Self {
        Self::in_folder("")
    }

    pub fn in_folder(below: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join(below).join("error.log");
        let tail = Tail::new(path.clone(), Start::Beginning);
        let (got, expected) = (Got::default(), Vec::new());
        Self { folder, path, tail, now: Instant::now(), got, expected, number: 0 }
    }

    /// The next lines, all different.
    pub fn next(&mut self, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            self.number += 1;
            let line = format!("2026-11-24  7:55:29 {} [Note] WSREP: line {}", self.number * 7919 % 1000, self.number);
            text.push_str(&line);
            text.push('\n');
            self.expected.push(line);
        }
        text
    }

    pub fn write(&mut self, writer: &mut Writer, count: usize) {
        let text = self.next(count);
        writer.write(&text);
    }

    pub fn look(&mut self) {
        let Self { tail, now, got, .. } = self;
        tail.look(*now, &mut |delivery| got.take(delivery));
    }

    pub fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    pub fn finish(&mut self) {
        let next = Tail::new(self.path.clone(), Start::Beginning);
        let tail = std::mem::replace(&mut self.tail, next);
        let Self { now, got, .. } = self;
        tail.finish(*now, &mut |delivery| got.take(delivery));
    }

    /// Goes on with a new follower, as after a restart, and gives the checkpoint.
    pub fn restart(&mut self) -> Checkpoint {
        let checkpoint = self.tail.checkpoint().expect("a file was read");
        let json = serde_json::to_string(&checkpoint).expect("JSON");
        let read: Checkpoint = serde_json::from_str(&json).expect("a checkpoint");
        assert_eq!(read, checkpoint);
        self.tail = Tail::new(self.path.clone(), Start::Checkpoint(read));
        checkpoint
    }

    pub fn writer(&self) -> Writer {
        Writer::new(&self.path)
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// Renames the log and all rotated ones by one number.
    pub fn rename(&self) {
        for number in (1..20).rev() {
            for ending in ["", ".gz", ".zst", ".xz"] {
                let name = |number| self.beside(&format!("error.log.{number}{ending}"));
                if name(number).exists() {
                    fs::rename(name(number), name(number + 1)).expect("renamed");
                }
            }
        }
        fs::rename(&self.path, self.beside("error.log.1")).expect("renamed");
    }

    /// Copies the log to `error.log.1` and numbers the older ones up, as logrotate does; the
    /// truncation is the caller's.
    pub fn copy(&self) {
        let aside = self.beside("kept");
        fs::rename(&self.path, &aside).expect("renamed");
        fs::write(&self.path, "").expect("a file");
        self.rename();
        fs::remove_file(self.beside("error.log.1")).expect("removed");
        fs::rename(&aside, &self.path).expect("renamed back");
        fs::copy(&self.path, self.beside("error.log.1")).expect("copied");
    }

    pub fn truncate(&self) {
        OpenOptions::new().write(true).open(&self.path).expect("a file").set_len(0).expect("truncated");
    }

    /// Compresses a rotated file in place, as its name's ending says.
    pub fn compress(&self, number: u32, ending: &str) {
        let plain = self.beside(&format!("error.log.{number}"));
        compress(&plain, &self.beside(&format!("error.log.{number}.{ending}")));
        fs::remove_file(plain).expect("removed");
    }

    /// All lines, in order and whole. The first difference is told, not everything.
    pub fn assert_lines(&self) {
        let (lines, expected) = (self.got.lines(), &self.expected);
        let same = lines.iter().zip(expected).take_while(|(line, expected)| line == expected).count();
        let counts = (lines.len(), expected.len());
        let after = |lines: &[String]| lines[same..].iter().take(4).cloned().collect::<Vec<_>>();
        assert_eq!(after(&lines), after(expected), "after {same} lines; {counts:?}; {:?}", self.got.notes);
    }

    /// The same, and no gap told.
    pub fn assert_all(&self) {
        self.assert_lines();
        assert_eq!((self.got.gaps(), self.got.cuts), (0, 0), "{:?}", self.got.notes);
    }
}

/// Keeps the time of the last change, as the tools do.
pub fn compress(plain: &Path, to: &Path) {
    let bytes = fs::read(plain).expect("a file");
    let compressed = match to.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&bytes).expect("compressed");
            encoder.finish().expect("compressed")
        }
        Some("zst") => zstd::stream::encode_all(&bytes[..], 1).expect("compressed"),
        Some("xz") => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
            encoder.write_all(&bytes).expect("compressed");
            encoder.finish().expect("compressed")
        }
        other => panic!("{other:?}"),
    };
    fs::write(to, compressed).expect("written");
    let time = fs::metadata(plain).and_then(|it| it.modified()).expect("a time");
    File::options().write(true).open(to).and_then(|file| file.set_modified(time)).expect("time set");
}

/// The server: it holds its file until it is told to flush.
pub struct Writer {
    path: PathBuf,
    file: File,
}

impl Writer {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), file: open(path) }
    }

    pub fn write(&mut self, text: impl AsRef<[u8]>) {
        self.file.write_all(text.as_ref()).expect("written");
    }

    pub fn flush_logs(&mut self) {
        self.file = open(&self.path);
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("a file to write to")
}
