//! Standard input and pipes, followed like a file.
//!
//! A thread of its own reads them, because a read of a pipe waits. Between it and the caller is a
//! short queue: when the caller is slow the thread waits, and then whoever writes into the pipe.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Instant;

use super::delivery::{Delivery, FileId, Note, Sink, Waiting};
use super::lines::{BLOCK, Lines};
use super::wake::Poke;

/// Blocks that may wait for the caller.
const QUEUE: usize = 4;

/// Blocks taken at one look, so that it ends even if the pipe is faster than the caller.
const ONE_LOOK: usize = 256;

/// A stream of bytes that is read as it comes.
#[derive(Debug)]
pub struct Stream {
    blocks: Receiver<io::Result<Vec<u8>>>,
    lines: Lines,
    ended: bool,
}

impl Stream {
    /// Reads standard input. `poke` is told of each block.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn stdin(poke: Option<Poke>) -> io::Result<Self> {
        Self::new(io::stdin(), poke)
    }

    /// Reads any pipe. The thread ends with it; when the stream is dropped before, it ends after
    /// its next read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(from: impl Read + Send + 'static, poke: Option<Poke>) -> io::Result<Self> {
        let (sender, blocks) = sync_channel(QUEUE);
        thread::Builder::new().name("stream".to_owned()).spawn(move || pump(from, &sender, poke.as_ref()))?;
        Ok(Self { blocks, lines: Lines::new(FileId::default(), 0, 1), ended: false })
    }

    /// Hands out what came since the last look, at most 16 MiB. At the end of the input the half
    /// line is handed out as it is, and [`Note::Ended`] follows, once.
    pub fn look(&mut self, now: Instant, sink: &mut Sink) {
        for _ in 0..ONE_LOOK {
            if self.ended {
                return;
            }
            match self.blocks.try_recv() {
                Ok(Ok(block)) => self.lines.take(&block, now, sink),
                Ok(Err(error)) => {
                    sink(Delivery::Note(Note::Unreadable { error }));
                    self.end(sink);
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.end(sink),
            }
        }
    }

    /// Looks once more and hands out the half line, too.
    pub fn finish(mut self, now: Instant, sink: &mut Sink) {
        self.look(now, sink);
        self.lines.cut(sink);
    }

    /// The line whose end is waited for.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting<'_>> {
        self.lines.waiting()
    }

    /// Nothing will come any more.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    fn end(&mut self, sink: &mut Sink) {
        self.ended = true;
        self.lines.cut(sink);
        sink(Delivery::Note(Note::Ended));
    }
}

/// Reads until the end, an error, or nobody listens.
fn pump(mut from: impl Read, blocks: &SyncSender<io::Result<Vec<u8>>>, poke: Option<&Poke>) {
    let mut buffer = vec![0; BLOCK];
    let mut go_on = true;
    while go_on {
        let block = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        go_on = block.is_ok();
        go_on &= blocks.send(block).is_ok();
        if let Some(poke) = poke {
            poke.poke();
        }
    }
}
