//! Several threads that each read, scan and, in order, collect.
//!
//! There is no thread that only reads or only collects: whoever needs a block reads the next one, and whoever hands
//! in the block that is due collects it, with those that were waiting for it. So all processors are used, the blocks
//! in flight are few, and nearly all memory is freed by the thread that took it.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::feed::{Feed, Step};
use super::{Done, Gather};
use crate::scan::block::{Scanned, Scratch};
use crate::scan::scanner::Scanner;

/// What the threads share.
pub struct Workers<'a> {
    scanner: &'a Scanner,
    /// Blocks that may wait for an earlier one.
    most_waiting: usize,
    feed: Mutex<(u64, Feed<'a>)>,
    order: Mutex<Order<'a>>,
    /// Told when blocks were collected.
    collected: Condvar,
    /// Results whose room can be used again.
    spare: Mutex<Vec<Scanned>>,
}

/// Scanned steps on their way to be collected.
struct Order<'a> {
    waiting: BTreeMap<u64, Done>,
    next: u64,
    /// Taken by the thread that is collecting.
    gather: Option<Gather<'a>>,
    /// A thread panicked: nobody may wait for its block.
    broken: bool,
}

impl<'a> Workers<'a> {
    /// Runs all steps of the feed, on this thread and `threads - 1` others.
    pub fn run(scanner: &'a Scanner, feed: Feed<'a>, gather: Gather<'a>, threads: usize) -> Option<Gather<'a>> {
        let order = Order { waiting: BTreeMap::new(), next: 0, gather: Some(gather), broken: false };
        let workers = Self {
            scanner,
            most_waiting: threads,
            feed: Mutex::new((0, feed)),
            order: Mutex::new(order),
            collected: Condvar::new(),
            spare: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| workers.work());
            }
            workers.work();
        });
        workers.order.into_inner().unwrap_or_else(PoisonError::into_inner).gather
    }

    fn work(&self) {
        let _watch = Watch(self);
        let mut scratch = Scratch::default();
        loop {
            let mut room = lock(&self.spare).pop().unwrap_or_default();
            let (number, step) = {
                let mut feed = lock(&self.feed);
                feed.1.recycle(std::mem::take(&mut room.block.text));
                let Some(step) = feed.1.next() else { return };
                feed.0 += 1;
                (feed.0 - 1, step)
            };
            let done = match step {
                Step::Block { log, file, block } => {
                    Done::Scanned { log, file, scanned: self.scanner.scan_into(block, &mut scratch, room) }
                }
                Step::End { log, file, end } => Done::End { log, file, end },
            };
            if !self.hand_in(number, done) {
                return;
            }
        }
    }

    /// Collects the step if it is due, else leaves it to the thread that collects the one before. False when there
    /// is no use in going on.
    fn hand_in(&self, number: u64, done: Done) -> bool {
        let mut order = lock(&self.order);
        order.waiting.insert(number, done);
        let due = order.waiting.contains_key(&order.next);
        let Some(mut gather) = order.gather.take_if(|_| due) else {
            while order.waiting.len() > self.most_waiting && !order.broken {
                order = self.collected.wait(order).unwrap_or_else(PoisonError::into_inner);
            }
            return !order.broken;
        };
        loop {
            let due = order.next;
            let Some(done) = order.waiting.remove(&due) else { break };
            order.next += 1;
            drop(order);
            if let Some(spare) = gather.take(done) {
                lock(&self.spare).push(spare);
            }
            order = lock(&self.order);
        }
        order.gather = Some(gather);
        self.collected.notify_all();
        !order.broken
    }
}

/// A poisoned lock belongs to a thread that panicked; the panic is reported when the threads are joined.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Frees the waiting threads when this one panics.
struct Watch<'w, 'a>(&'w Workers<'a>);

impl Drop for Watch<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.order).broken = true;
            self.0.collected.notify_all();
        }
    }
}
