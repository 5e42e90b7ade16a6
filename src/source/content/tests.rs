use super::*;

fn what(head: &[u8]) -> &'static str {
    match oddity(head) {
        Some(Oddity::Binary { what, .. }) => what,
        Some(Oddity::WideText { encoding }) => encoding,
        None => "text",
    }
}

fn wide(text: &str, low_first: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

const LINE: &str = "2024-05-01  9:05:01 0 [Note] WSREP: Synchronized with group\n";

#[test]
fn compression_is_told_by_magic_bytes() {
    assert_eq!(Content::of(&[0x1f, 0x8b, 8, 0]), Content::Gzip);
    assert_eq!(Content::of(&[0x28, 0xb5, 0x2f, 0xfd]), Content::Zstd);
    assert_eq!(Content::of(&[0x51, 0x2a, 0x4d, 0x18, 1]), Content::Zstd);
    assert_eq!(Content::of(b"\xfd7zXZ\0"), Content::Xz);
    assert_eq!(Content::of(LINE.as_bytes()), Content::Plain);
    assert_eq!(Content::of(b""), Content::Plain);
}

#[test]
fn text_passes_also_with_holes_and_broken_characters() {
    assert_eq!(what(LINE.as_bytes()), "text");
    assert_eq!(what(b"\xef\xbb\xbf2024-05-01 [Note]\n"), "text");
    assert_eq!(what(b"caf\xe9 \xff\xff without zero"), "text");
    assert_eq!(what(format!("{LINE}\0\0\0\0{LINE}").as_bytes()), "text");
    assert_eq!(what(format!("{}{LINE}", "\0".repeat(4000)).as_bytes()), "text");
}

#[test]
fn wide_text_is_told_with_and_without_mark() {
    assert_eq!(what(&wide(LINE, true)), "UTF-16LE");
    assert_eq!(what(&wide(LINE, false)), "UTF-16BE");
    assert_eq!(what(&wide(&format!("\u{feff}{LINE}"), true)), "UTF-16LE");
    assert_eq!(what(b"\xff\xfe\0\0a\0\0\0"), "UTF-32LE");
}

#[test]
fn known_binaries_have_names() {
    let mut page = vec![0_u8; 8192];
    page[..4].copy_from_slice(&[0x9a, 1, 2, 3]);
    page[24..26].copy_from_slice(&[0, 8]);
    assert_eq!(what(&page), "an InnoDB data file");
    assert_eq!(what(b"BZh91AY&SY\x01\x02"), "bzip2 data, which is not supported");
    assert_eq!(what(b"\x7fELF\x02\x01"), "a program, library or core dump (ELF)");
    assert_eq!(what(b"\xfebin\x01"), "a binary log of the server");
    assert_eq!(what(&[0; 8192]), "a run of zero bytes");
    assert_eq!(
        what(b"Version: 2\nGID: 5f3c1b7e-0000-0000-0000-000000000000\nseqno_max: -1\n\0\0\0"),
        "a Galera write-set cache (galera.cache)"
    );
    assert_eq!(what(&[7, 0, 1, 0, 255, 3, 0, 9, 200, 10, 65]), "binary data");
}
