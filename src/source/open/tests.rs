use std::io::Write as _;

use super::super::scratch::Scratch;
use super::*;

const LINE: &str = "2024-05-01  9:05:01 0 [Note] WSREP: Synchronized with group\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn xz(text: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

type Pack = fn(&[u8]) -> Vec<u8>;
const FORMATS: [(Content, Pack); 3] = [(Content::Gzip, gzip), (Content::Zstd, zstandard), (Content::Xz, xz)];

/// Lines that do not compress to nearly nothing.
fn long_log() -> Vec<u8> {
    let line = |number: u64| format!("{number} {:x}\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..20_000).map(line).collect::<String>().into_bytes()
}

fn stream(bytes: Vec<u8>) -> Result<Opened, SourceError> {
    open_stream(Box::new(io::Cursor::new(bytes)), Path::new("x"), None)
}

fn read(opened: Opened) -> (Vec<u8>, Option<InputProblem>) {
    let mut reader = opened.reader;
    let mut bytes = Vec::new();
    let error = reader.read_to_end(&mut bytes).err();
    (bytes, error.map(|error| InputProblem::from_io(Path::new("x"), &error)))
}

#[test]
fn plain_and_compressed_give_the_same_bytes() {
    let text = long_log();
    for (content, pack) in FORMATS {
        let opened = stream(pack(&text)).unwrap();
        assert_eq!(opened.content, content);
        assert!(read(opened) == (text.clone(), None), "{content:?}");
    }
    let opened = stream(text.clone()).unwrap();
    assert_eq!(opened.content, Content::Plain);
    assert!(read(opened) == (text, None));
}

#[test]
fn members_and_frames_are_read_to_the_last() {
    for (content, pack) in FORMATS {
        let packed = [pack(b"1 one\n"), pack(b""), pack(b"2 two\n")].concat();
        let (bytes, problem) = read(stream(packed).unwrap());
        assert_eq!((bytes.as_slice(), problem), (&b"1 one\n2 two\n"[..], None), "{content:?}");
    }
}

#[test]
fn a_cut_file_gives_its_good_part_and_then_the_reason() {
    let text = long_log();
    for (content, pack) in FORMATS {
        let mut packed = pack(&text);
        packed.truncate(packed.len() * 3 / 4);
        let (bytes, problem) = read(stream(packed).unwrap());
        assert!(text.starts_with(&bytes) && !bytes.is_empty(), "{content:?}");
        let after = bytes.len() as u64;
        let expected = InputProblem::TruncatedCompressed { path: "x".into(), after };
        assert_eq!(problem, Some(expected), "{content:?}");
    }
}

#[test]
fn a_file_cut_in_its_head_is_told_when_opened() {
    for (content, pack) in FORMATS {
        let mut packed = pack(&long_log());
        packed.truncate(11);
        let problem = stream(packed).err();
        let expected = InputProblem::TruncatedCompressed { path: "x".into(), after: 0 };
        assert_eq!(problem, Some(expected), "{content:?}");
    }
}

#[test]
fn a_damaged_file_is_reported_after_its_good_part() {
    let text = long_log();
    for (content, pack) in FORMATS {
        let mut packed = pack(&text);
        let middle = packed.len() / 2;
        packed[middle..middle + 200].fill(0x55);
        let (bytes, problem) = read(stream(packed).unwrap());
        assert!(matches!(problem, Some(InputProblem::DamagedCompressed { .. })), "{content:?}: {problem:?}");
        // The formats notice damage late, so only what lies well before it is certain.
        let certain = text.len() / 5;
        assert!(bytes.len() > certain && bytes[..certain] == text[..certain], "{content:?}");
    }
}

#[test]
fn the_name_says_nothing() {
    let scratch = Scratch::new("open-name");
    let named_gzip = scratch.file("a.log.gz", LINE);
    let named_plain = scratch.file("b.log", gzip(LINE.as_bytes()));
    let opened = open(&named_gzip).unwrap();
    assert_eq!((opened.content, opened.bytes_on_disk), (Content::Plain, Some(LINE.len() as u64)));
    let opened = open(&named_plain).unwrap();
    assert_eq!(opened.content, Content::Gzip);
    assert_eq!(read(opened).0, LINE.as_bytes());
}

#[test]
fn each_refusal_has_its_own_problem() {
    let scratch = Scratch::new("open-refusal");
    let problem = |path: &Path| open(path).err().unwrap();
    let missing = scratch.path("missing.log");
    assert_eq!(problem(&missing), InputProblem::NotFound { path: missing });
    let empty = scratch.file("empty.log", "");
    assert_eq!(problem(&empty), InputProblem::Empty { path: empty });
    let packed = scratch.file("packed.log", xz(b""));
    assert_eq!(problem(&packed), InputProblem::Empty { path: packed });
    let root = scratch.root.clone();
    assert_eq!(problem(&root), InputProblem::SpecialFile { path: root, kind: "a folder" });
    let binary = scratch.file("binary.log", b"\x7fELF\x02\x01\x01\0\0");
    assert!(matches!(problem(&binary), InputProblem::Binary { .. }));
    let twice = scratch.file("twice.gz.gz", gzip(&gzip(LINE.as_bytes())));
    assert!(problem(&twice).to_string().contains("gzip data inside compressed data"));
    let wide: Vec<u8> = LINE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = scratch.file("wide.log", wide);
    assert!(problem(&wide).to_string().contains("iconv -f UTF-16LE"));
}

#[cfg(unix)]
#[test]
fn a_socket_is_refused_and_a_pipe_is_read() {
    let scratch = Scratch::new("open-special");
    let socket = scratch.path("mysqld.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(matches!(open(&socket).err(), Some(InputProblem::SpecialFile { .. })));

    let fifo = scratch.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let to = fifo.clone();
    let writer = std::thread::spawn(move || std::fs::write(to, gzip(LINE.as_bytes())));
    let opened = open(&fifo).unwrap();
    assert_eq!(opened.bytes_on_disk, None);
    assert_eq!(read(opened), (LINE.as_bytes().to_vec(), None));
    writer.join().unwrap().unwrap();
}

#[test]
fn an_error_in_the_head_comes_after_its_bytes() {
    struct Failing(bool);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 {
                return Err(io::Error::from_raw_os_error(5));
            }
            self.0 = true;
            buffer[..4].copy_from_slice(b"1 a\n");
            Ok(4)
        }
    }
    let opened = open_stream(Box::new(Failing(false)), Path::new("x"), None).unwrap();
    let (bytes, problem) = read(opened);
    assert_eq!(bytes, b"1 a\n");
    assert!(matches!(problem, Some(InputProblem::Unreadable { .. })));
}
