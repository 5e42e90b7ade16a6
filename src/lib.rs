//! Reads MariaDB Galera error logs and names the root cause.
//!
//! The pipeline, one way: source → transport → parse → event → cluster → diagnose → report.
//! `ARCHITECTURE.md` says what each part turns into what, and which invariant which test holds.

#![forbid(unsafe_code)]

pub mod catalogue;
pub mod cli;
pub mod cluster;
pub mod diagnose;
pub mod explain;
pub mod follow;
pub mod parse;
pub mod pipeline;
pub mod report;
pub mod rules;
pub mod scan;
pub mod source;
pub mod timeline;
pub mod transport;
pub mod whois;
