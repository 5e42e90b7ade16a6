//! One path, followed through rotations.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::delivery::{Delivery, FileId, GapReason, Note, Sink, Waiting};
use super::place::{Checkpoint, Place, Position};
use super::reader::{Progress, Reader};
use super::rotated::{Listing, Record, Rotated, feed, folder_time};
use crate::source::content::Content;

/// A rotated file is closed when nothing came for so long, while the new one was written to.
const SILENCE: Duration = Duration::from_secs(60);

/// Most rotated files kept open.
const MOST_OPEN: usize = 64;

/// Most closed files remembered.
const MOST_CLOSED: usize = 64;

/// Missing rotation numbers told one by one.
const MOST_MISSING: u32 = 10;

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
    /// Change of the folder when it was last looked through while nothing was at the path.
    folder_time: Option<Duration>,
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
            folder_time: None,
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

    fn begin(&mut self, start: Start, now: Instant, sink: &mut Sink) {
        let mut there = match Reader::open(&self.path) {
            Ok(reader) => Some(reader),
            Err(error) if is_missing(&error) => None,
            Err(error) => {
                // The start holds for the file that is there, also if it can be opened only later.
                self.start = Some(start);
                return self.tell_unreadable(error, sink);
            }
        };
        let listing = Listing::of(&self.path);
        self.seen = listing.records();
        match (start, &mut there) {
            (Start::Checkpoint(checkpoint), _) => return self.resume(&checkpoint, there, &listing, now, sink),
            (Start::End, Some(reader)) => {
                if let Err(error) = reader.skip_lines() {
                    self.start = Some(Start::End);
                    return self.tell_unreadable(error, sink);
                }
            }
            (Start::Beginning | Start::End, _) => {}
        }
        self.last = there.as_ref().map(|reader| reader.place.file);
        self.current = there;
    }

    /// Sets everything up as it was at the checkpoint, so that what happened since is found as if
    /// it had happened between two looks.
    fn resume(
        &mut self,
        checkpoint: &Checkpoint,
        mut there: Option<Reader>,
        listing: &Listing,
        now: Instant,
        sink: &mut Sink,
    ) {
        for position in &checkpoint.older {
            if self.resume_rotated(position, listing, now, sink).is_none() {
                gap(None, GapReason::CheckpointLost, sink);
            }
        }
        let newest = &checkpoint.newest;
        if let Some(reader) = &mut there
            && reader.place.file == newest.file
            && reader.resume(newest).unwrap_or(false)
        {
            self.last = Some(newest.file);
            self.current = there;
        } else if let Some(index) = self.resume_rotated(newest, listing, now, sink) {
            self.last = Some(listing.files[index].file);
            self.seen.truncate(index + 1);
        } else {
            gap(None, GapReason::CheckpointLost, sink);
            self.last = there.as_ref().map(|reader| reader.place.file);
            self.current = there;
        }
    }

    /// Goes on in the rotated file that holds the position, and says which one it is.
    fn resume_rotated(
        &mut self,
        position: &Position,
        listing: &Listing,
        now: Instant,
        sink: &mut Sink,
    ) -> Option<usize> {
        let by_id = listing.files.iter().position(|it| it.file == position.file && it.content == Content::Plain);
        if let Some(index) = by_id
            && let Ok(mut reader) = Reader::open(&listing.files[index].path)
            && reader.place.file == position.file
            && reader.resume(position).unwrap_or(false)
        {
            self.read_to_end(&mut reader, now, sink);
            self.old.push(Old { reader, heard: now });
            return Some(index);
        }
        let (index, mut rest) = listing.continuation(position, &[])?;
        let rotated = &listing.files[index];
        let mut place = Place::at(rotated.file, position.offset, position.first_line, Vec::new(), Vec::new());
        feed_rotated(rotated, &mut *rest, &mut place, now, sink);
        place.cut(sink);
        Some(index)
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
        let listing = Listing::of(&self.path);
        self.read_open(now, sink);
        let file = new.place.file;
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
        self.folder_time = None;
    }

    /// While nothing is at the path, the newest file may be one that was there between two looks.
    fn look_beside(&mut self, now: Instant, sink: &mut Sink) {
        let folder_time = folder_time(&self.path);
        if self.folder_time == folder_time {
            return self.read_open(now, sink);
        }
        self.folder_time = folder_time;
        let listing = Listing::of(&self.path);
        self.read_open(now, sink);
        self.catch_up(&listing, &[], now, sink);
    }

    /// Reads what came and went unseen. The newest of it is the current file then.
    fn catch_up(&mut self, listing: &Listing, open: &[FileId], now: Instant, sink: &mut Sink) {
        let unseen = self.unseen(listing, open);
        if let Some(last) = self.last {
            tell_missing(self.find(last, listing), !unseen.is_empty(), listing, sink);
        }
        for rotated in unseen {
            let reader = self.read_rotated(rotated, now, sink);
            self.last = Some(rotated.file);
            if let Some(before) = reader.and_then(|reader| self.current.replace(reader)) {
                self.old.push(Old { reader: before, heard: now });
            }
        }
        self.seen = listing.records();
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

    fn read_to_end(&mut self, reader: &mut Reader, now: Instant, sink: &mut Sink) {
        let bound = reader.length();
        self.read_one(reader, bound, now, sink);
    }

    /// Reads on in the copy that was made before the truncation, if it can be told by its content,
    /// then what came between, and then the file from its start.
    fn after_truncation(&mut self, reader: &mut Reader, now: Instant, sink: &mut Sink) {
        let listing = Listing::of(&self.path);
        let read = reader.place.offset;
        let file = reader.place.file;
        let mut unseen = self.unseen(&listing, &[file]);
        let known = Record { file, head: Some(reader.place.head.clone()) };
        unseen.retain(|rotated| !known.is(rotated));
        let copy = listing.continuation(&reader.place.read_position(), &reader.place.head);
        let copy = copy.map(|(index, mut rest)| {
            let rotated = &listing.files[index];
            reader.place.lines.go_on_in(rotated.file);
            feed_rotated(rotated, &mut *rest, &mut reader.place, now, sink);
            // What is older than the copy was there before it.
            let newer = &listing.files[index + 1..];
            unseen.retain(|rotated| newer.iter().any(|other| other.file == rotated.file));
            rotated.path.clone()
        });
        reader.place.cut(sink);
        if copy.is_none() && !unseen.is_empty() {
            gap(None, GapReason::PredecessorLost, sink);
        }
        for rotated in unseen {
            let reader = self.read_rotated(rotated, now, sink);
            self.old.extend(reader.map(|reader| Old { reader, heard: now }));
        }
        self.seen = listing.records();
        sink(Delivery::Note(Note::Truncated { file, read, copy }));
        reader.restart();
        // If it is truncated again just now, the next look sees it.
        if let Err(error) = reader.length().and_then(|bound| reader.read(bound, now, sink)) {
            reader.failed = true;
            sink(Delivery::Note(Note::Unreadable { error }));
        }
    }

    /// Rotated files that were not there before, or that grew after they were closed, oldest first.
    fn unseen<'a>(&self, listing: &'a Listing, open: &[FileId]) -> Vec<&'a Rotated> {
        let open_now: Vec<Record> = self
            .readers()
            .map(|reader| Record { file: reader.place.file, head: Some(reader.place.head.clone()) })
            .collect();
        let is_open = |file| open.contains(&file) || open_now.iter().any(|record| record.file == file);
        let mut unseen: Vec<&Rotated> = Vec::new();
        // Uncompressed ones first: a compressed copy of one of them is not read as well.
        for plain in [true, false] {
            for rotated in listing.files.iter().filter(|it| it.by_name && (it.content == Content::Plain) == plain) {
                let twice = |other: &&Rotated| Record { file: other.file, head: other.head.clone().ok() }.is(rotated);
                let known = open_now.iter().chain(&self.seen).chain(self.closed.iter().map(|closed| &closed.record));
                let unfinished = rotated.head.is_err() && listing.has_original(rotated);
                if is_open(rotated.file) || unfinished || unseen.iter().any(twice) {
                    continue;
                }
                if self.grown(rotated).is_some() || !known.into_iter().any(|record| record.is(rotated)) {
                    unseen.push(rotated);
                }
            }
        }
        let place = |rotated: &&Rotated| listing.files.iter().position(|it| it.file == rotated.file);
        unseen.sort_by_key(place);
        unseen
    }

    /// Where a closed file is to be read on.
    fn grown(&self, rotated: &Rotated) -> Option<&Position> {
        let closed = self.closed.iter().find(|closed| closed.position.file == rotated.file)?;
        let grown = rotated.content == Content::Plain && rotated.length > closed.position.offset;
        (grown && closed.record.is(rotated)).then_some(&closed.position)
    }

    /// Where a file is now, by inode or, if it was compressed, by content.
    fn find<'a>(&self, file: FileId, listing: &'a Listing) -> Option<&'a Rotated> {
        let open = self.readers().find(|reader| reader.place.file == file);
        let record = Record { file, head: open.map(|reader| reader.place.head.clone()) };
        let by_id = listing.files.iter().find(|rotated| rotated.file == file);
        by_id.or_else(|| listing.files.iter().find(|rotated| record.is(rotated)))
    }

    /// Reads a rotated file that was never at the path when it was looked at, and gives it back
    /// if it may grow.
    fn read_rotated(&mut self, rotated: &Rotated, now: Instant, sink: &mut Sink) -> Option<Reader> {
        if let Err(cause) = &rotated.head {
            tell_unreadable_rotated(rotated, cause.clone(), sink);
            return None;
        }
        if rotated.content != Content::Plain {
            let mut place = Place::start(rotated.file);
            match rotated.stream() {
                Ok(mut stream) => feed_rotated(rotated, &mut *stream, &mut place, now, sink),
                Err(error) => tell_unreadable_rotated(rotated, error.to_string(), sink),
            }
            place.cut(sink);
            return None;
        }
        let mut reader = match self.open_rotated(rotated) {
            Ok(reader) => reader,
            Err(error) => {
                tell_unreadable_rotated(rotated, error.to_string(), sink);
                return None;
            }
        };
        if let Some(position) = self.grown(rotated).cloned() {
            self.closed.retain(|closed| closed.position.file != rotated.file);
            // Else it was truncated meanwhile and is new from its start.
            let _ = reader.resume(&position);
        }
        self.read_one(&mut reader, Ok(rotated.length), now, sink);
        Some(reader)
    }

    /// Opens a listed file, also if it was renamed since.
    fn open_rotated(&self, rotated: &Rotated) -> io::Result<Reader> {
        let is_it = |reader: &Reader| reader.place.file == rotated.file;
        match Reader::open(&rotated.path) {
            Ok(reader) if is_it(&reader) => return Ok(reader),
            Err(error) if !is_missing(&error) => return Err(error),
            _ => {}
        }
        let moved = Listing::of(&self.path).files.into_iter().find(|it| it.file == rotated.file);
        let reader = moved.and_then(|moved| Reader::open(&moved.path).ok()).filter(is_it);
        reader.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "is gone"))
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

/// Hands out what is left of a compressed file or a copy, and tells when that is not all.
fn feed_rotated(rotated: &Rotated, stream: &mut dyn io::Read, place: &mut Place, now: Instant, sink: &mut Sink) {
    if let Err(error) = feed(stream, place, now, sink) {
        tell_unreadable_rotated(rotated, error.to_string(), sink);
    }
}

fn tell_unreadable_rotated(rotated: &Rotated, cause: String, sink: &mut Sink) {
    let plain_unread = rotated.content == Content::Plain && rotated.head.is_err();
    let bytes = plain_unread.then_some(rotated.length);
    gap(bytes, GapReason::RotatedUnreadable { path: rotated.path.clone(), cause }, sink);
}

/// What must have been between the file read so far and the new one, and is not there.
fn tell_missing(before: Option<&Rotated>, any_unseen: bool, listing: &Listing, sink: &mut Sink) {
    match before {
        Some(before) => {
            let is_there = |number| listing.files.iter().any(|rotated| rotated.number == number);
            let missing = (1..before.number).filter(|number| !is_there(*number));
            for number in missing.take(MOST_MISSING as usize) {
                gap(None, GapReason::RotationMissing { number }, sink);
            }
        }
        None if any_unseen => gap(None, GapReason::PredecessorLost, sink),
        None => {}
    }
    if listing.too_many && any_unseen {
        gap(None, GapReason::TooManyRotated, sink);
    }
}
