//! `--metrics FILE` and `--metrics-listen ADDRESS`: the state for Prometheus.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A scraper has so long to ask and to take the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of a request that are read.
const REQUEST: usize = 4 << 10;

/// Where the metrics go.
#[derive(Default)]
pub struct Metrics {
    file: Option<PathBuf>,
    served: Option<Arc<Mutex<String>>>,
    written: String,
}

impl Metrics {
    /// Binds the address at once, so that a taken port is told at the start.
    pub fn new(file: Option<PathBuf>, listen: Option<SocketAddr>) -> Result<Self> {
        let served = listen.map(serve).transpose()?;
        Ok(Self { file, served, written: String::new() })
    }

    /// Publishes the text, if it is another one.
    pub fn publish(&mut self, text: String) -> Result<()> {
        if text == self.written {
            return Ok(());
        }
        if let Some(served) = &self.served {
            served.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&text);
        }
        let result = self.file.as_deref().map_or(Ok(()), |file| replace(file, text.as_bytes()));
        self.written = text;
        result
    }

    /// Is there anybody to publish to?
    pub fn is_wanted(&self) -> bool {
        self.file.is_some() || self.served.is_some()
    }
}

/// Writes a file so that a reader sees the old or the new text, never a part.
pub fn replace(path: &Path, text: &[u8]) -> Result<()> {
    let mut name = path.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(".new");
    let draft = path.with_file_name(name);
    let write = || -> io::Result<()> {
        std::fs::write(&draft, text)?;
        std::fs::rename(&draft, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn serve(address: SocketAddr) -> Result<Arc<Mutex<String>>> {
    if !address.ip().is_loopback() {
        bail!("--metrics-listen takes an address of this machine only, such as 127.0.0.1:9105");
    }
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen at {address}"))?;
    let text = Arc::new(Mutex::new(String::new()));
    let served = Arc::clone(&text);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let text = served.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.set_write_timeout(Some(PATIENCE));
            let _ = answer(stream, &text);
        }
    });
    Ok(text)
}

fn answer(mut stream: impl Read + Write, text: &str) -> io::Result<()> {
    let mut request = [0; REQUEST];
    let got = stream.read(&mut request)?;
    let is_ours = request[..got].starts_with(b"GET /metrics ") || request[..got].starts_with(b"GET / ");
    let (status, body) = if is_ours { ("200 OK", text) } else { ("404 Not Found", "only /metrics is here\n") };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
