//! The first look: at which place of which file to begin.

use std::time::Instant;

use super::unseen::feed_rotated;
use super::{Old, Start, Tail, gap, is_missing};
use crate::source::content::Content;
use crate::source::tail::delivery::{GapReason, Sink};
use crate::source::tail::place::{Checkpoint, Place, Position};
use crate::source::tail::reader::Reader;
use crate::source::tail::rotated::Listing;

impl Tail {
    pub(super) fn begin(&mut self, start: Start, now: Instant, sink: &mut Sink) {
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
        self.seen = listing.records(&[]);
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
    pub(super) fn resume_rotated(
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
}
