//! When to look again.
//!
//! Notifications of the file system are a hint: they miss network file systems, bind mounts,
//! replaced files and full queues, and there may be none to have. So a tick passes always.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::Duration;

use linemux::MuxedEvents;
use thiserror::Error;

use crate::source::problem::shown;

/// Longest time between two looks.
pub const TICK: Duration = Duration::from_millis(200);

/// How often paths that could not be watched are tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Why [`Wake::wait`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// Something happened.
    Event,
    /// Nothing did, as far as is known.
    Tick,
}

/// Notifications that could not be had. Following goes on by the tick.
#[derive(Debug, Error)]
pub enum WakeProblem {
    /// For no file.
    #[error("no file notifications ({error}); files are looked at five times a second instead")]
    Unavailable {
        /// The operating system's reason, such as too many open files.
        error: io::Error,
    },
    /// For this file, until its folder is there.
    #[error("{}: no notifications yet ({error}); it is looked at five times a second", shown(path))]
    NotWatched {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        error: io::Error,
    },
}

/// Wakes the caller when one of some files may have changed, and after each [`TICK`].
#[derive(Debug)]
pub struct Wake {
    woken: Receiver<()>,
    poke: Poke,
    problems: Receiver<WakeProblem>,
}

/// Wakes a [`Wake`] from another thread.
#[derive(Debug, Clone)]
pub struct Poke(SyncSender<()>);

impl Poke {
    /// Any number of these before the next wait count as one. False if nobody waits any more.
    pub fn poke(&self) -> bool {
        !matches!(self.0.try_send(()), Err(TrySendError::Disconnected(())))
    }
}

impl Wake {
    /// Watches `paths` in a thread of its own, which ends about a second after this is dropped.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let (sender, woken) = sync_channel(1);
        let (tell, problems) = channel();
        let poke = Poke(sender);
        if !paths.is_empty() {
            let (poke, tell_failure) = (poke.clone(), tell.clone());
            let run = move || run(MuxedEvents::new, &paths, &poke, &tell);
            let spawned = thread::Builder::new().name("wake".to_owned()).spawn(run);
            if let Err(error) = spawned {
                let _ = tell_failure.send(WakeProblem::Unavailable { error });
            }
        }
        Self { woken, poke, problems }
    }

    /// Returns when there may be something to look at, after `timeout`, or after a [`TICK`] if
    /// that is shorter. Looking may find nothing.
    pub fn wait(&self, timeout: Duration) -> Woken {
        match self.woken.recv_timeout(timeout.min(TICK)) {
            Ok(()) => Woken::Event,
            // It cannot be disconnected while `poke` is here, so time is up.
            Err(_) => Woken::Tick,
        }
    }

    /// What else can wake this, such as a stream.
    #[must_use]
    pub fn poke(&self) -> Poke {
        self.poke.clone()
    }

    /// The next problem with notifications; each is given once. They arrive soon after the start.
    pub fn problem(&self) -> Option<WakeProblem> {
        self.problems.try_recv().ok()
    }
}

fn run(start: impl FnOnce() -> io::Result<MuxedEvents>, paths: &[PathBuf], poke: &Poke, tell: &Sender<WakeProblem>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let watched = runtime.and_then(|runtime| {
        let events = start()?;
        runtime.block_on(watch(events, paths, poke, tell));
        Ok(())
    });
    if let Err(error) = watched {
        let _ = tell.send(WakeProblem::Unavailable { error });
    }
}

/// Takes events from their queue as they come, whoever waits for them: the queue has no bound.
async fn watch(mut events: MuxedEvents, paths: &[PathBuf], poke: &Poke, tell: &Sender<WakeProblem>) {
    let mut told = vec![false; paths.len()];
    loop {
        for (path, told) in paths.iter().zip(&mut told) {
            if let Err(error) = add(&mut events, path).await
                && !std::mem::replace(told, true)
            {
                let _ = tell.send(WakeProblem::NotWatched { path: path.clone(), error });
            }
        }
        let again = tokio::time::sleep(RETRY).deadline();
        // A timeout is told like an event: one look too many, and it shows when nobody waits any more.
        let mut waiting = true;
        while waiting {
            match tokio::time::timeout_at(again, events.next_event()).await {
                Ok(Ok(Some(_)) | Err(_)) => {}
                // It watches nothing, and would say so at once again and again.
                Ok(Ok(None)) => tokio::time::sleep_until(again).await,
                Err(_) => waiting = false,
            }
            if !poke.poke() {
                return;
            }
        }
    }
}

/// Watching a file twice does nothing, so this is also how lost ones are found again.
async fn add(events: &mut MuxedEvents, path: &Path) -> io::Result<()> {
    events.add_file(path).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_notifications_it_is_said_once() {
        let (sender, _woken) = sync_channel(1);
        let (tell, problems) = channel();
        let used_up = || Err(io::Error::other("Too many open files"));
        run(used_up, &[PathBuf::from("error.log")], &Poke(sender), &tell);
        drop(tell);
        let problems: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
        assert_eq!(
            problems,
            ["no file notifications (Too many open files); files are looked at five times a second instead"]
        );
    }
}
