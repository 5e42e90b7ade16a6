//! The document as text, JSON, NDJSON or Markdown. Writes to `impl Write`, never to the terminal itself.

pub mod coverage;
pub mod explain;
pub mod follow;
pub mod json;
pub mod markdown;
pub mod text;
pub mod timeline;
pub mod whois;
