//! What came and went between two looks: found beside the path, read in order, or told as missing.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{Old, Tail, gap, is_missing};
use crate::source::content::Content;
use crate::source::tail::delivery::{Delivery, FileId, GapReason, Note, Sink};
use crate::source::tail::place::{Place, Position};
use crate::source::tail::reader::Reader;
use crate::source::tail::rotated::{Listing, Record, Rotated, feed, whereabouts};

/// Missing rotation numbers told one by one.
const MOST_MISSING: usize = 10;

/// How often, and after which time, the folder is looked through again when a number is missing.
const HOLE_TRIES: usize = 4;
const HOLE: Duration = Duration::from_millis(5);

/// How often a file that was renamed meanwhile is looked for.
const RENAME_TRIES: usize = 16;

impl Tail {
    /// Reads what came and went unseen. The newest of it is the current file then.
    pub(super) fn catch_up(&mut self, listing: &Listing, open: &[FileId], now: Instant, sink: &mut Sink) {
        let unseen = self.unseen(listing, open);
        // An empty file proves no rotation; it is only kept open, as it may still be written to.
        let any = unseen.iter().any(|rotated| rotated.length > 0);
        self.tell_missing(listing, any, sink);
        let place = |file| listing.files.iter().position(|rotated| rotated.file == file);
        let current = self.last.and_then(place);
        for rotated in unseen {
            let older = self.grown(rotated).is_some() || place(rotated.file) < current;
            let reader = self.read_rotated(rotated, now, sink);
            if older {
                self.old.extend(reader.map(|reader| Old { reader, heard: now }));
                continue;
            }
            self.last = Some(rotated.file);
            if let Some(before) = reader.and_then(|reader| self.current.replace(reader)) {
                self.old.push(Old { reader: before, heard: now });
            }
        }
        self.seen = listing.records(&self.seen);
    }

    /// Reads on in the copy that was made before the truncation, if it can be told by its content,
    /// then what came between, and then the file from its start.
    pub(super) fn after_truncation(&mut self, reader: &mut Reader, now: Instant, sink: &mut Sink) {
        let (file, read) = (reader.place.file, reader.place.offset);
        let listing = Listing::of(&self.path).upto(file);
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
        self.seen = listing.records(&self.seen);
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
                let twice = |other: &&Rotated| Record::of(other).is(rotated);
                let known = open_now.iter().chain(&self.seen).chain(self.closed.iter().map(|closed| &closed.record));
                let unfinished = rotated.head.is_err() && listing.has_original(rotated);
                let nothing = !plain && rotated.head.as_ref().is_ok_and(Vec::is_empty);
                if is_open(rotated.file) || unfinished || nothing || unseen.iter().any(twice) {
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
    pub(super) fn find<'a>(&self, file: FileId, listing: &'a Listing) -> Option<&'a Rotated> {
        let open = self.readers().find(|reader| reader.place.file == file);
        let record = Record { file, head: open.map(|reader| reader.place.head.clone()) };
        let by_id = listing.files.iter().find(|rotated| rotated.file == file);
        let empty = |head: &Vec<u8>| head.is_empty();
        let is_it = |rotated: &&Rotated| {
            let both_empty = record.head.as_ref().is_some_and(empty) && rotated.head.as_ref().is_ok_and(empty);
            record.is(rotated) || both_empty && rotated.content != Content::Plain
        };
        by_id.or_else(|| listing.files.iter().find(is_it))
    }

    /// Reads a rotated file that was never at the path when it was looked at, and gives it back
    /// if it may grow.
    pub(super) fn read_rotated(&mut self, rotated: &Rotated, now: Instant, sink: &mut Sink) -> Option<Reader> {
        if let Err(cause) = &rotated.head {
            tell_unreadable_rotated(rotated, cause.clone(), sink);
            return None;
        }
        if rotated.content != Content::Plain {
            let mut place = Place::start(rotated.file);
            match self.wherever(rotated, |path| rotated.stream_at(path)) {
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

    /// Tells what must have been between the file read so far and the newest, and is not there.
    fn tell_missing(&self, listing: &Listing, any_unseen: bool, sink: &mut Sink) {
        if listing.too_many && any_unseen {
            gap(None, GapReason::TooManyRotated, sink);
        }
        let Some(last) = self.last else { return };
        match self.find(last, listing) {
            Some(before) => {
                for number in self.surely_missing(last, before, listing) {
                    gap(None, GapReason::RotationMissing { number }, sink);
                }
            }
            None if any_unseen => gap(None, GapReason::PredecessorLost, sink),
            None => {}
        }
    }

    /// A rotation that is under way renames one file after the other and leaves holes for a moment.
    fn surely_missing(&self, last: FileId, before: &Rotated, listing: &Listing) -> Vec<u32> {
        let mut numbers = missing(before, listing);
        for _ in 0..HOLE_TRIES {
            if numbers.is_empty() {
                break;
            }
            thread::sleep(HOLE);
            let listing = Listing::of(&self.path);
            numbers = self.find(last, &listing).map_or(Vec::new(), |before| missing(before, &listing));
        }
        numbers
    }

    fn open_rotated(&self, rotated: &Rotated) -> io::Result<Reader> {
        self.wherever(rotated, |path| match Reader::open(path) {
            Ok(reader) if reader.place.file != rotated.file => Err(io::ErrorKind::NotFound.into()),
            result => result,
        })
    }

    /// Opens a listed file, also if it was renamed since.
    fn wherever<T>(&self, rotated: &Rotated, open: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
        let mut opened = open(&rotated.path);
        for _ in 0..RENAME_TRIES {
            match &opened {
                Err(error) if is_missing(error) => {}
                _ => break,
            }
            if let Some(path) = whereabouts(&self.path, rotated.file) {
                opened = open(&path);
            }
        }
        opened
    }
}

/// Hands out what is left of a compressed file or a copy, and tells when that is not all.
pub(super) fn feed_rotated(
    rotated: &Rotated,
    stream: &mut dyn io::Read,
    place: &mut Place,
    now: Instant,
    sink: &mut Sink,
) {
    if let Err(error) = feed(stream, place, now, sink) {
        tell_unreadable_rotated(rotated, error.to_string(), sink);
    }
}

fn tell_unreadable_rotated(rotated: &Rotated, cause: String, sink: &mut Sink) {
    let plain_unread = rotated.content == Content::Plain && rotated.head.is_err();
    let bytes = plain_unread.then_some(rotated.length);
    gap(bytes, GapReason::RotatedUnreadable { path: rotated.path.clone(), cause }, sink);
}

/// Numbers that must have been between a file and the path, and are not there.
fn missing(before: &Rotated, listing: &Listing) -> Vec<u32> {
    let is_there = |number| listing.files.iter().any(|rotated| rotated.number == number);
    (1..before.number).filter(|number| !is_there(*number)).take(MOST_MISSING).collect()
}
