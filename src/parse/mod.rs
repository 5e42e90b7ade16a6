//! Bytes to meaning: line heads, times, and typed events. Pure and total.

pub mod event;
pub mod fields;
pub mod gcomm;
pub mod gcs;
pub mod head;
pub mod provider;
pub mod record;
pub mod server;
pub mod stamp;
pub mod trigger;
pub mod wsrep;
