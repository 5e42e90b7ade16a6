//! Pipes, and the wake-up.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use galera_rca::source::tail::{Note, Stream, TICK, Wake, WakeProblem, Woken};

use crate::bench::{Bench, Got};

/// A pipe whose writer is the test.
struct Pipe(Receiver<io::Result<Vec<u8>>>);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Ok(block) = self.0.recv() else { return Ok(0) };
        let block = block?;
        buffer[..block.len()].copy_from_slice(&block);
        Ok(block.len())
    }
}

fn pipe(wake: &Wake) -> (Sender<io::Result<Vec<u8>>>, Stream) {
    let (sender, receiver) = channel();
    (sender, Stream::new(Pipe(receiver), Some(wake.poke())).expect("a thread"))
}

fn look(stream: &mut Stream, got: &mut Got) {
    stream.look(Instant::now(), &mut |delivery| got.take(delivery));
}

fn until(what: impl Fn(&mut Stream, &mut Got) -> bool, stream: &mut Stream, got: &mut Got, wake: &Wake) {
    let begun = Instant::now();
    while !what(stream, got) {
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing comes");
        wake.wait(TICK);
        look(stream, got);
    }
}

#[test]
fn a_pipe_gives_whole_lines_and_its_end() {
    let wake = Wake::new(Vec::new());
    let (sender, mut stream) = pipe(&wake);
    let mut got = Got::default();
    sender.send(Ok(b"one\ntw".to_vec())).expect("read");
    until(|_, got| got.text == b"one\n", &mut stream, &mut got, &wake);
    assert_eq!(stream.waiting().map(|waiting| waiting.bytes), Some(&b"tw"[..]));
    sender.send(Ok(b"o\nthree".to_vec())).expect("read");
    drop(sender);
    until(|stream, _| stream.ended(), &mut stream, &mut got, &wake);
    look(&mut stream, &mut got);
    assert_eq!((got.text.as_slice(), got.cuts), (&b"one\ntwo\nthree"[..], 1));
    assert_eq!((got.notes.len(), got.count(|note| matches!(note, Note::Ended))), (1, 1));
}

#[test]
fn a_broken_pipe_is_told() {
    let wake = Wake::new(Vec::new());
    let (sender, mut stream) = pipe(&wake);
    let mut got = Got::default();
    sender.send(Ok(b"one\n".to_vec())).expect("read");
    sender.send(Err(io::Error::other("broken"))).expect("read");
    until(|stream, _| stream.ended(), &mut stream, &mut got, &wake);
    assert_eq!(got.text, b"one\n");
    let [Note::Unreadable { .. }, Note::Ended] = got.notes[..] else { panic!("{:?}", got.notes) };
}

#[test]
fn a_slow_caller_holds_the_pipe_up_and_loses_nothing() {
    let wake = Wake::new(Vec::new());
    let (sender, mut stream) = pipe(&wake);
    let mut expected = Vec::new();
    for number in 0..2000 {
        let block = format!("line {number} {}\n", "x".repeat(1000)).into_bytes();
        expected.extend_from_slice(&block);
        sender.send(Ok(block)).expect("read");
    }
    drop(sender);
    let mut got = Got::default();
    until(|stream, _| stream.ended(), &mut stream, &mut got, &wake);
    assert!(got.text == expected);
}

#[test]
fn half_a_line_of_a_pipe_comes_at_the_end_of_following() {
    let wake = Wake::new(Vec::new());
    let (sender, mut stream) = pipe(&wake);
    let mut got = Got::default();
    sender.send(Ok(b"half".to_vec())).expect("read");
    until(|stream, _| stream.waiting().is_some(), &mut stream, &mut got, &wake);
    stream.finish(Instant::now(), &mut |delivery| got.take(delivery));
    assert_eq!((got.text.as_slice(), got.cuts), (&b"half"[..], 1));
}

#[test]
fn the_tick_passes_without_events() {
    let wake = Wake::new(Vec::new());
    let begun = Instant::now();
    assert_eq!(wake.wait(Duration::from_secs(60)), Woken::Tick);
    assert!(begun.elapsed() >= TICK && begun.elapsed() < Duration::from_secs(20));
    assert_eq!(wake.wait(Duration::ZERO), Woken::Tick);
}

#[test]
fn many_events_are_one() {
    let wake = Wake::new(Vec::new());
    for _ in 0..1000 {
        assert!(wake.poke().poke());
    }
    assert_eq!(wake.wait(TICK), Woken::Event);
    assert_eq!(wake.wait(Duration::from_millis(1)), Woken::Tick);
    let poke = wake.poke();
    drop(wake);
    assert!(!poke.poke());
}

#[test]
fn a_folder_that_is_not_there_is_told_once_and_the_tick_goes_on() {
    let bench = Bench::in_folder("not/there");
    let wake = Wake::new(vec![bench.path.clone()]);
    let begun = Instant::now();
    let problem = loop {
        if let Some(problem) = wake.problem() {
            break problem;
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
        wake.wait(TICK);
    };
    // Where the user has no notifications left, that is the problem instead.
    assert!(matches!(problem, WakeProblem::NotWatched { .. } | WakeProblem::Unavailable { .. }));
    let woken: Vec<_> = (0..8).map(|_| wake.wait(TICK)).collect();
    assert!(woken.contains(&Woken::Tick), "{woken:?}");
    assert!(wake.problem().is_none());
}
