//! One path, followed through rotations.

mod begin;
mod unseen;

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::delivery::{Delivery, FileId, GapReason, Note, Sink, Waiting};
use super::place::{Checkpoint, Position};
use super::reader::{Progress, Reader};
use super::rotated::{Listing, Record, folder_time};

/// A rotated file is closed when nothing came for so long, while the new one was written to.
const SILENCE: Duration = Duration::from_secs(60);

/// After a change, a folder is looked through once more.
const SETTLING: Duration = Duration::from_millis(100);

/// Most rotated files kept open.
const MOST_OPEN: usize = 64;

/// Most closed files remembered.
const MOST_CLOSED: usize = 64;

/// Where to begin with a file that is there at the first look. One that comes later is always
/// read from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At its first byte.
    Beginning,
    /// After its last whole line. The lines before are only counted.
    End,
    /// Where an earlier run stopped, also if the log was rotated since.
    Checkpoint(Checkpoint),
}

/// Follows one path. See [the module](super) for what it promises.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    /// Until the first look at which the path could be opened or was not there.
    start: Option<Start>,
    at_path: AtPath,
    /// The file at the path, or the last one that was there.
    current: Option<Reader>,
    /// The id of the same.
    last: Option<FileId>,
    /// Rotated files that may still grow, oldest first.
    old: Vec<Old>,
    /// Rotated files that are not open any more, oldest first.
    closed: VecDeque<Closed>,
    /// What was beside the path when it was last looked at.
    seen: Vec<Record>,
    /// The folder when it was last looked through while nothing was at the path.
    beside: Option<Beside>,
}

/// When a folder was looked through.
#[derive(Debug, Clone, Copy)]
struct Beside {
    /// The time of its last change, as the file system says.
    changed: Option<Duration>,
    /// When that was noticed.
    noticed: Instant,
    /// It was looked through once more after that.
    settled: bool,
}

/// What the path led to at the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtPath {
    /// Never looked.
    Unknown,
    File,
    Nothing,
    Unreadable(io::ErrorKind),
}

#[derive(Debug)]
struct Old {
    reader: Reader,
    /// When it last gave something.
    heard: Instant,
}

#[derive(Debug)]
struct Closed {
    position: Position,
    record: Record,
}

impl Tail {
    /// Follows `path`; nothing is opened before the first look.
    #[must_use]
    pub fn new(path: PathBuf, start: Start) -> Self {
        Self {
            path,
            start: Some(start),
            at_path: AtPath::Unknown,
            current: None,
            last: None,
            old: Vec::new(),
            closed: VecDeque::new(),
            seen: Vec::new(),
            beside: None,
        }
    }

    /// Hands out everything that is there now, in order. What is appended meanwhile waits for the
    /// next look, so this ends even if the file grows as fast as it is read.
    pub fn look(&mut self, now: Instant, sink: &mut Sink) {
        if let Some(start) = self.start.take() {
            self.begin(start, now, sink);
        }
        match self.arrival(sink) {
            Some(new) => self.replace(new, now, sink),
            None if self.at_path == AtPath::Nothing => self.look_beside(now, sink),
            None => self.read_open(now, sink),
        }
        self.close_silent(now, sink);
    }

    /// Looks once more and hands out half lines, too. A later run that starts at a checkpoint taken
    /// before gets those lines whole.
    pub fn finish(mut self, now: Instant, sink: &mut Sink) {
        self.look(now, sink);
        for old in &mut self.old {
            old.reader.place.cut(sink);
        }
        if let Some(current) = &mut self.current {
            current.place.cut(sink);
        }
    }

    /// The line whose end is waited for: that of the newest file that has one.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting<'_>> {
        self.readers().rev().find_map(|reader| reader.place.lines.waiting())
    }

    /// The end of what was handed out in whole lines; `None` before there was a file.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        let mut positions: Vec<Position> = self.readers().map(|reader| reader.place.position()).collect();
        let newest = positions.pop()?;
        Some(Checkpoint { path: self.path.clone(), newest, older: positions })
    }

    /// The open files, oldest first.
    fn readers(&self) -> impl DoubleEndedIterator<Item = &Reader> {
        self.old.iter().map(|old| &old.reader).chain(&self.current)
    }

    /// The file at the path, if it is another one than before.
    fn arrival(&mut self, sink: &mut Sink) -> Option<Reader> {
        if self.start.is_some() {
            return None;
        }
        let id = match fs::metadata(&self.path) {
            Ok(metadata) => FileId::of(&metadata),
            Err(error) => {
                self.tell_absent(error, sink);
                return None;
            }
        };
        let opened = if self.current.as_ref().is_some_and(|current| current.place.file == id) {
            None
        } else {
            match Reader::open(&self.path) {
                Ok(reader) => Some(reader),
                Err(error) => {
                    self.tell_absent(error, sink);
                    return None;
                }
            }
        };
        let before = std::mem::replace(&mut self.at_path, AtPath::File);
        let known = self.current.as_ref().map(|current| current.place.file);
        let new = opened.filter(|reader| Some(reader.place.file) != known);
        let appeared = before != AtPath::Unknown && before != AtPath::File;
        if appeared && (new.is_none() || self.last.is_none()) {
            sink(Delivery::Note(Note::Appeared { file: id }));
        }
        new.map(|reader| self.as_known(reader))
    }

    /// A file that was at the path before is read on, not again.
    fn as_known(&mut self, mut reader: Reader) -> Reader {
        let file = reader.place.file;
        if let Some(index) = self.old.iter().position(|old| old.reader.place.file == file) {
            return self.old.remove(index).reader;
        }
        if let Some(index) = self.closed.iter().position(|closed| closed.position.file == file)
            && reader.resume(&self.closed[index].position).unwrap_or(false)
        {
            self.closed.remove(index);
        }
        reader
    }

    /// Reads the old files, those that came and went unseen, and the new one, in this order.
    fn replace(&mut self, mut new: Reader, now: Instant, sink: &mut Sink) {
        // The newest is measured first: whatever was written before these bytes is there by now.
        let bound = new.length();
        let file = new.place.file;
        let listing = Listing::of(&self.path).upto(file);
        self.read_open(now, sink);
        if let Some(from) = self.last {
            let moved_to = self.find(from, &listing).map(|rotated| rotated.path.clone());
            sink(Delivery::Note(Note::Replaced { from, to: file, moved_to }));
        }
        self.catch_up(&listing, &[file], now, sink);
        if let Some(reader) = self.current.take() {
            self.old.push(Old { reader, heard: now });
        }
        self.last = Some(file);
        self.read_one(&mut new, bound, now, sink);
        self.current = Some(new);
        self.beside = None;
    }

    /// While nothing is at the path, the newest file may be one that was there between two looks.
    fn look_beside(&mut self, now: Instant, sink: &mut Sink) {
        let changed = folder_time(&self.path);
        self.beside = match self.beside {
            Some(beside) if beside.changed == changed => {
                // File systems count time in milliseconds, and two changes may have the same.
                if beside.settled || now.saturating_duration_since(beside.noticed) < SETTLING {
                    return self.read_open(now, sink);
                }
                Some(Beside { settled: true, ..beside })
            }
            _ => Some(Beside { changed, noticed: now, settled: false }),
        };
        let listing = Listing::of(&self.path);
        self.read_open(now, sink);
        self.catch_up(&listing, &[], now, sink);
    }

    /// Reads all open files up to where they ended when this began.
    fn read_open(&mut self, now: Instant, sink: &mut Sink) {
        let mut bounds: Vec<io::Result<u64>> = self.readers().rev().map(Reader::length).collect();
        for index in 0..self.old.len() {
            let Some(bound) = bounds.pop() else { break };
            let mut old = self.old.remove(index);
            if self.read_one(&mut old.reader, bound, now, sink) {
                old.heard = now;
            }
            self.old.insert(index, old);
        }
        if let Some(mut reader) = self.current.take() {
            if let Some(bound) = bounds.pop() {
                self.read_one(&mut reader, bound, now, sink);
            }
            self.current = Some(reader);
        }
    }

    /// Whether there was anything new.
    fn read_one(&mut self, reader: &mut Reader, bound: io::Result<u64>, now: Instant, sink: &mut Sink) -> bool {
        let before = reader.place.offset;
        match bound.and_then(|bound| reader.read(bound, now, sink)) {
            Ok(Progress::Read(count)) => {
                reader.failed = false;
                count > 0
            }
            Ok(Progress::Cut) => {
                self.after_truncation(reader, now, sink);
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut reader.failed, true) {
                    sink(Delivery::Note(Note::Unreadable { error }));
                }
                reader.place.offset != before
            }
        }
    }

    /// What is there now, and not what is appended meanwhile.
    fn read_to_end(&mut self, reader: &mut Reader, now: Instant, sink: &mut Sink) {
        let bound = reader.length();
        self.read_one(reader, bound, now, sink);
    }

    fn close_silent(&mut self, now: Instant, sink: &mut Sink) {
        // As long as nothing came to the new file, the server surely writes to the old one.
        let moved_on = self.current.as_ref().is_some_and(|current| current.place.offset > 0);
        if !moved_on {
            self.old.iter_mut().for_each(|old| old.heard = now);
        }
        let too_many = self.old.len().saturating_sub(MOST_OPEN);
        for (index, mut old) in std::mem::take(&mut self.old).into_iter().enumerate() {
            if index >= too_many && now.saturating_duration_since(old.heard) < SILENCE {
                self.old.push(old);
                continue;
            }
            let place = &mut old.reader.place;
            place.cut(sink);
            let record = Record { file: place.file, head: Some(place.head.clone()) };
            self.closed.push_back(Closed { position: place.position(), record });
        }
        let forgotten = self.closed.len().saturating_sub(MOST_CLOSED);
        self.closed.drain(..forgotten);
    }

    /// The path leads to nothing that can be read; told when that begins.
    fn tell_absent(&mut self, error: io::Error, sink: &mut Sink) {
        if !is_missing(&error) {
            self.tell_unreadable(error, sink);
        } else if std::mem::replace(&mut self.at_path, AtPath::Nothing) != AtPath::Nothing {
            sink(Delivery::Note(match self.last {
                Some(file) => Note::Vanished { file },
                None => Note::Missing,
            }));
        }
    }

    fn tell_unreadable(&mut self, error: io::Error, sink: &mut Sink) {
        let now = AtPath::Unreadable(error.kind());
        if std::mem::replace(&mut self.at_path, now) != now {
            sink(Delivery::Note(Note::Unreadable { error }));
        }
    }
}

/// Also when a folder of the path became a file.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn gap(bytes: Option<u64>, reason: GapReason, sink: &mut Sink) {
    sink(Delivery::Note(Note::Gap { bytes, reason }));
}
