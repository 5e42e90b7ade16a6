//! What the transport tells about the machine, seen along the way.

/// The first and the last value seen of one name. They differ when one file holds several machines or a pod was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The value of the first line that had one.
    pub first: String,
    /// The value of the latest line that had one.
    pub last: String,
}

/// Names that the transport prints around the server's lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `db1` in `Nov 24 07:43:17 db1 mariadbd[812]: …`, `_HOSTNAME` of the journal, the node of a Kubernetes pod.
    pub host: Option<Seen>,
    /// `cluster1-pxc-0` in `[pod/cluster1-pxc-0/pxc] …`.
    pub pod: Option<Seen>,
    /// `db-1` in `db-1  | …`, `pxc` in `[pod/cluster1-pxc-0/pxc] …`, `CONTAINER_NAME` of the journal.
    pub container: Option<Seen>,
    /// `_SYSTEMD_UNIT` of the journal: `mariadb.service`.
    pub unit: Option<Seen>,
}

/// Takes note of a value. Nearly all lines repeat the last one, so that comparison comes first.
pub(super) fn note(slot: &mut Option<Seen>, value: Option<&[u8]>) {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return;
    };
    match slot {
        Some(seen) if seen.last.as_bytes() == value => {}
        Some(seen) => seen.last = String::from_utf8_lossy(value).into_owned(),
        None => {
            let first = String::from_utf8_lossy(value).into_owned();
            *slot = Some(Seen { last: first.clone(), first });
        }
    }
}
