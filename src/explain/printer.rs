//! Who printed a line, in words.

use crate::diagnose::printable::printable;
use crate::parse::head::{Head, Producer};

/// The program, and the part of it where the head tells.
pub fn name(head: &Head<'_>) -> String {
    let program = match head.producer {
        Producer::Server => return of_server(head),
        Producer::Garbd => "garbd, the arbitrator",
        Producer::Safe => "mysqld_safe, the start script",
        Producer::SstScript => "the script of the state transfer",
        Producer::Crash => "the server's crash handler",
        Producer::Innodb => "InnoDB, by itself",
        Producer::Socat => "socat, the pipe of a state transfer",
        Producer::Backup => "mariadb-backup or xtrabackup",
        Producer::Stunnel => "stunnel, the TLS wrapper of a state transfer",
        Producer::Rsync => "rsync, of a state transfer",
        Producer::Entrypoint => "the start script of the container image",
        Producer::Host => "another program of the machine",
    };
    program.to_owned()
}

fn of_server(head: &Head<'_>) -> String {
    if let Some(origin) = head.origin {
        return format!("the Galera provider, {}:{}", printable(origin.file), origin.line);
    }
    match head.subsystem {
        Some(b"WSREP") => "the server's replication part (wsrep) or the Galera provider".to_owned(),
        Some(b"Galera") => "the Galera provider".to_owned(),
        Some(b"InnoDB") => "InnoDB".to_owned(),
        Some(other) => format!("the server, subsystem {}", printable(other)),
        None => "the server".to_owned(),
    }
}
