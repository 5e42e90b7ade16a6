//! Any bytes under every transport: no panic, and the raw ranges of the inner lines are the input.
#![no_main]

use galera_rca::transport::{Decoded, Decoder, Transport, detect};
use libfuzzer_sys::fuzz_target;

const TRANSPORTS: [Transport; 11] = [
    Transport::Plain,
    Transport::Syslog,
    Transport::JournaldShort,
    Transport::JournaldIso,
    Transport::JournaldJson,
    Transport::JournaldExport,
    Transport::DockerJson,
    Transport::Cri,
    Transport::ContainerPrefix,
    Transport::OperatorJson,
    Transport::FluentBit,
];

fuzz_target!(|raw: &[u8]| {
    let _ = detect(raw);
    for transport in TRANSPORTS {
        let (mut decoder, mut out) = (Decoder::new(2026), Decoded::default());
        decoder.decode(raw, 1, transport, &mut out);
        decoder.finish(&mut out);
        let mut at = 0;
        for line in &out.lines {
            assert_eq!(line.raw.start, at);
            at = line.raw.end;
        }
        assert_eq!(at, raw.len() as u64);
    }
});
