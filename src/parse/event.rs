//! What a log record says, as typed values: one variant per kind of message that the diagnosis reasons about.
//!
//! Types only. Which text becomes which event is decided by the parsers beside this module; what follows from an
//! event is decided by the model and the rules. Rules see an event by name through [`Event::kind`] and
//! [`Event::field`], so the names in the table below are part of the rule format.

use std::borrow::Cow;
use std::fmt;

/// A position in a replication history, printed as `<state UUID>:<seqno>`.
///
/// `00000000-0000-0000-0000-000000000000:-1` is printed by a node that has no state at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gtid {
    /// State UUID: the identity of the history.
    pub uuid: String,
    /// Position in that history; -1 when it is not known.
    pub seqno: i64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.uuid, self.seqno)
    }
}

/// One row of a view.
///
/// Group communication prints `b63c1f5a-9f1a,0` (short id, segment); the server prints
/// `0: 78650423-e7de-11f1-bf73-9ea06b588129, node1` (index, full UUID, name).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewMember {
    /// Row number, valid for this one view only.
    pub index: Option<u32>,
    /// Full UUID or short id, as printed.
    pub uuid: String,
    /// `wsrep_node_name`.
    pub name: Option<String>,
    /// `gmcast.segment`.
    pub segment: Option<u32>,
}

/// How a field reads in a rule.
trait Value {
    fn value(&self) -> Option<Cow<'_, str>>;
}

impl Value for String {
    fn value(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self))
    }
}

impl Value for bool {
    fn value(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(if *self { "yes" } else { "no" }))
    }
}

impl<T: Value> Value for Option<T> {
    fn value(&self) -> Option<Cow<'_, str>> {
        self.as_ref().and_then(Value::value)
    }
}

/// A list counts: a rule asks how many members a view has, not which.
impl<T> Value for Vec<T> {
    fn value(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(self.len().to_string()))
    }
}

macro_rules! value_by_display {
    ($($ty:ty),*) => {$(
        impl Value for $ty {
            fn value(&self) -> Option<Cow<'_, str>> {
                Some(Cow::Owned(self.to_string()))
            }
        }
    )*};
}
value_by_display!(u8, u32, u64, i32, i64, f64, Gtid);

macro_rules! field_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $kind:literal => $variant:ident $({ $( $(#[$field_doc:meta])* $field:ident $(as $name:literal)? : $ty:ty ),* $(,)? })?
    ),* $(,)?) => {
        /// The meaning of one log record. The example of each variant is the message after its head.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "a field whose name says it all, in the words of the log, carries no text")]
        pub enum Event {
            $( $(#[$doc])* $variant $({ $( $(#[$field_doc])* $field: $ty ),* })? ),*
        }

        impl Event {
            /// All kinds with the names of their fields, for the check of rule files.
            pub const KINDS: &'static [(&'static str, &'static [&'static str])] =
                &[ $( ($kind, &[ $( $( field_name!($field $($name)?) ),* )? ]) ),* ];

            /// The name of this event in rules, such as `gcomm-view`.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $kind ),*
                }
            }

            /// The value of a field as text: a list gives its length, a truth value `yes` or `no`; a field that
            /// the line did not print and a name that this kind does not have give `None`.
            #[must_use]
            pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
                match self {
                    $( Self::$variant $({ $( $field ),* })? => match name {
                        $( $( field_name!($field $($name)?) => $field.value(), )* )?
                        _ => None,
                    } ),*
                }
            }
        }
    };
}

events! {
    // Server process

    /// `Starting MariaDB 10.11.19-MariaDB source revision 9d… server_uid Qpv…= as process 377` (`sql/mysqld.cc`),
    /// `/usr/sbin/mysqld (mysqld 8.0.32-24.2) starting as process 1` (MySQL and MariaDB before 10.6).
    "server-start" => ServerStart { version: String, pid: Option<u64> },
    /// `/usr/sbin/mariadbd: ready for connections.` and its line `Version: '10.11.19-MariaDB'  socket: '…'  port: 3306`
    /// (`sql/mysqld.cc`).
    "server-ready" => ServerReady { version: Option<String>, port: Option<u32> },
    /// `/usr/sbin/mariadbd (initiated by: unknown): Normal shutdown` (`sql/mysqld.cc`),
    /// `Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: 8.0.31-23.2).`
    "shutdown-start" => ShutdownStart {
        /// `unknown` and `<via user signal>` mean a signal, as systemd sends it; `None` when the server does not say.
        by: Option<String>,
    },
    /// `/usr/sbin/mariadbd: Shutdown complete` (`sql/mysqld.cc`).
    "shutdown-complete" => ShutdownComplete,
    /// `/usr/sbin/mariadbd got signal 6 ;` (`sql/signal_handler.cc`), `10:07:43 UTC - mysqld got signal 11 ;` (MySQL).
    "crash" => Crash {
        signal: u32,
        /// Without its path.
        program: String,
    },
    /// `Query (0x7f2a3c010c38): UPDATE t SET a = 1` in the crash report (`sql/signal_handler.cc`); none where no
    /// statement ran.
    "crash-query" => CrashQuery { query: String },
    /// `Aborting` (`sql/mysqld.cc`, `unireg_abort`), `/usr/sbin/mariadbd: Terminated.` (`galerautils/src/gu_abort.c`).
    "aborting" => Aborting,
    /// `InnoDB: Assertion failure in file trx0sys.cc line 321` (`storage/innobase/ut/ut0dbg.cc`),
    /// ``mariadbd: sql/lock.cc:123: void f(): Assertion `x' failed.`` (C library).
    "assertion" => Assertion { file: String, line: u32 },
    /// No line says this: the cluster stage concludes it from what the log shows around the end of a process.
    "process-ended" => ProcessEnded {
        /// `shutdown`, `abort`, `crash`, `killed` (next start with no shutdown before) or `silent` (the log ends
        /// while peers go on).
        how: String,
    },

    // Concluded from several lines

    /// No line says this: two members of one primary view have this `wsrep_node_name`.
    "duplicate-name" => DuplicateName { name: String },
    /// No line says this: the log of another node advertises the same address for state transfers.
    "duplicate-address" => DuplicateAddress { address: String, peer: String },
    /// No line says this: this node and a peer were in primary components of one cluster at the same time, and neither
    /// component knew the other.
    "two-primaries" => TwoPrimaries {
        peer: String,
        /// For how long both are known to have been primary.
        seconds: i64,
    },
    /// No line says this: what all nodes log at once stands at another time in this log.
    "clock-offset" => ClockOffset {
        /// Seconds between this node's clock and that of most others.
        seconds: i64,
        /// `ahead of` or `behind`.
        direction: String,
        /// Seconds by which the common moments disagree.
        spread: i64,
    },
    /// No line says this: the time stamps of one process go back.
    "clock-step" => ClockStep {
        /// Seconds by which the stamps go back.
        seconds: i64,
    },

    // Provider

    /// `wsrep_load(): loading provider library '/usr/lib/galera/libgalera_smm.so'` (`wsrep-API/v26/wsrep_loader.c`),
    /// `Loading provider /usr/lib/galera/libgalera_smm.so initial position: <gtid>` (`wsrep-lib/src/server_state.cpp`).
    "provider-load" => ProviderLoad { path: String, position: Option<Gtid> },
    /// `wsrep_load(): Galera 4.23(rXXXX) by Codership Oy <info@codership.com> loaded successfully.`
    /// (`wsrep-API/v26/wsrep_loader.c`).
    "provider-loaded" => ProviderLoaded {
        /// With its revision, as printed: `4.23(rXXXX)`, `25.3.37(r3901)`.
        version: String,
    },
    /// `Passing config to GCS: base_dir = /var/lib/mysql/; base_port = 4567; …` (`galera/src/galera_gcs.hpp`),
    /// `Failed to create a new provider '…' with options 'gcache.size=8M;…': …` (`wsrep-lib/src/provider.cpp`).
    "provider-options" => ProviderOptions {
        /// Key and value, in the order of the line. Not complete where the server has cut the message.
        options: Vec<(String, String)>,
    },
    /// `(b63c1f5a-9f1a, 'tcp://0.0.0.0:4567') listening at tcp://0.0.0.0:4567` (`gcomm/src/gmcast.cpp`).
    "listening" => Listening { uuid: String, address: String },
    /// `####### My UUID: 78650423-e7de-11f1-bf73-9ea06b588129` (`galera/src/replicator_smm.cpp`).
    "own-uuid" => OwnUuid { uuid: String },
    /// `gcomm: connecting to group 'prod', peer '10.0.0.1:,10.0.0.2:'` (`gcs/src/gcs_gcomm.cpp`).
    "connecting" => Connecting {
        group: String,
        /// The host list of `wsrep_cluster_address` as written.
        peers: String,
    },
    /// `gcomm: bootstrapping new group 'prod'` (`gcs/src/gcs_gcomm.cpp`).
    "bootstrapping" => Bootstrapping { group: String },
    /// `gcomm: connected` (`gcs/src/gcs_gcomm.cpp`).
    "connected" => Connected,
    /// `Found saved state: <uuid>:-1, safe_to_bootstrap: 0` (`galera/src/saved_state.cpp`).
    "saved-state" => SavedState {
        uuid: String,
        seqno: i64,
        /// 0 or 1; the oldest providers do not print it.
        safe: Option<u8>,
    },
    /// `Recovered position: <uuid>:1234` (`sql/wsrep_mysqld.cc`), `Recovered position <uuid>:1234`
    /// (`scripts/mysqld_safe.sh`, `scripts/galera_recovery.sh`).
    "recovered-position" => RecoveredPosition { uuid: String, seqno: i64 },
    /// `Recovering GCache ring buffer: found gapless sequence 1-14` (`gcache/src/gcache_rb_store.cpp`).
    "gcache-recovery" => GcacheRecovery {
        /// `recovered`, `empty`, `failed` or `skipped`.
        outcome: String,
        first: Option<i64>,
        last: Option<i64>,
    },

    // Links

    /// `(b63c1f5a-9f1a, 'tcp://0.0.0.0:4567') connection established to bf24f34d-bcef tcp://10.0.0.2:4567`
    /// (`gcomm/src/gmcast.cpp`).
    "connection-established" => ConnectionEstablished { peer: String, address: String },
    /// `Failed to establish connection: Connection refused` (`gcomm/src/asio_tcp.cpp`); before 26.4.18 the TLS half
    /// of it is `Handshake failed: …`, before 26.4.7 `handshake with remote endpoint … failed: …`.
    "connect-failed" => ConnectFailed { reason: String },
    /// `(…) connection to peer bf24f34d-bcef with addr tcp://10.0.0.2:4567 timed out, no messages seen in PT3S, …`
    /// (`gcomm/src/gmcast.cpp`).
    "peer-timeout" => PeerTimeout {
        /// `00000000-0000` when the peer never answered the first handshake.
        peer: String,
        address: String,
        period: String,
    },
    /// `(…) reconnecting to bf24f34d-bcef (tcp://10.0.0.2:4567), attempt 30` (`gcomm/src/gmcast.cpp`).
    "reconnecting" => Reconnecting { peer: String, address: String, attempt: u32 },
    /// `(…) turning message relay requesting on, nonlive peers: tcp://10.0.0.2:4567` (`gcomm/src/gmcast.cpp`).
    "relay-on" => RelayOn {
        /// Addresses with blanks between them; empty is normal while a node joins.
        peers: String,
    },
    /// `(…) turning message relay requesting off` (`gcomm/src/gmcast.cpp`).
    "relay-off" => RelayOff,
    /// `evs::proto(…) suspecting node: bf24f34d-bcef` (`gcomm/src/evs_proto.cpp`).
    "suspect" => Suspect { peer: String },
    /// `evs::proto(…) detected inactive node: bf24f34d-bcef`, `declaring suspected bf24f34d-bcef as inactive`
    /// (`gcomm/src/evs_proto.cpp`).
    "inactive" => Inactive { peer: String },
    /// `evicting member bf24f34d-bcef at tcp://10.0.0.2:4567 permanently from group` (`gcomm/src/evs_proto.cpp`),
    /// `peer bf24f34d-bcef from tcp://10.0.0.2:4567 has been evicted out, rejecting connection`
    /// (`gcomm/src/gmcast_proto.cpp`).
    "evicted" => Evicted { peer: String, address: Option<String> },
    /// `forgetting bf24f34d-bcef (tcp://10.0.0.2:4567)` (`gcomm/src/gmcast.cpp`).
    "forgetting" => Forgetting { peer: String, address: String },
    /// `remote endpoint tcp://10.0.0.2:4567 changed identity 7a984844-e7de-11f1-aaaa-8f3aad2f0277 -> 78937376-…`
    /// (`gcomm/src/gmcast.cpp`): the node behind an address was started anew.
    "identity-changed" => IdentityChanged {
        address: String,
        old: String,
        /// The new identity.
        peer: String,
    },
    /// `handshake failed, my group: 'prod', peer group: 'test'` (`gcomm/src/gmcast_proto.cpp`).
    "group-mismatch" => GroupMismatch { mine: String, peer_group: String },
    /// `last inactive check more than PT1.5S ago (PT10.1S), skipping check` (`gcomm/src/evs_proto.cpp`).
    "inactive-check" => InactiveCheck {
        /// How long the group communication thread of this node did not run.
        seconds: f64,
    },

    // Membership

    /// `view(view_id(PRIM,b63c1f5a-9f1a,4) memb {` and its rows, `view((empty))` (`gcomm/src/view.cpp`).
    "gcomm-view" => GcommView {
        /// `PRIM`, `NON_PRIM`, `TRANS`, `REG`, or `empty` for the view of a node that leaves.
        status: String,
        /// Short id of the view's representative.
        id: Option<String>,
        seq: Option<u64>,
        members: Vec<ViewMember>,
        joined: Vec<ViewMember>,
        /// Left in an orderly way.
        left: Vec<ViewMember>,
        /// Lost.
        partitioned: Vec<ViewMember>,
    },
    /// `View:` between lines of equals signs, with `id:`, `status:` and `members(2):` (`wsrep-lib/src/server_state.cpp`).
    "server-view" => ServerView {
        gtid: Gtid,
        /// `primary`, `non-primary` or `disconnected`.
        status: String,
        /// The node is leaving.
        is_final as "final": bool,
        /// -1 when the node is not part of the view.
        own_index: i32,
        members: Vec<ViewMember>,
    },
    /// `New cluster view: global state: <gtid>, view# 18: Primary, number of nodes: 3, my index: 0, protocol version 2`
    /// (`sql/wsrep_mysqld.cc` of the servers for Galera 25.3).
    "cluster-view" => ClusterView {
        gtid: Gtid,
        /// -1 when not primary.
        number: i64,
        /// `Primary`, `non-Primary` or `Disconnected`.
        status: String,
        members: u32,
        own_index: i32,
        protocol: Option<i32>,
    },
    /// `New COMPONENT: primary = yes, bootstrap = no, my_idx = 0, memb_num = 3` (`gcs/src/gcs_group.cpp`).
    "component" => Component { primary: bool, bootstrap: bool, index: i32, members: u32 },
    /// `New SELF-LEAVE.`, before 26.4 `Received self-leave message.` (`gcs/src/gcs_group.cpp`).
    "self-leave" => SelfLeave,
    /// `STATE EXCHANGE: got state msg: <uuid> from 0 (node1)` (`gcs/src/gcs_group.cpp`, `gcs/src/gcs_core.cpp`).
    "state-exchange" => StateExchange {
        /// `sent`, `got` or `waiting`.
        step: String,
        /// Identity of this one exchange, equal on all its nodes.
        uuid: Option<String>,
        index: Option<i32>,
        name: Option<String>,
    },
    /// `Quorum results:` and its rows (`gcs/src/gcs_group.cpp`).
    "quorum" => Quorum {
        /// `PRIMARY` or `NON-PRIMARY`.
        component: String,
        /// -1 when not primary.
        conf_id: i64,
        /// Members that need no state transfer.
        joined: u32,
        total: u32,
        act_id: Option<i64>,
        group_uuid: String,
    },
    /// `Received NON-PRIMARY.` (`gcs/src/gcs.cpp`).
    "non-primary" => NonPrimary,
    /// `Node bf24f34d-bcef state prim` (`gcomm/src/pc_proto.cpp`), `… state primary` (Percona).
    "node-state" => NodeState { peer: String, state: String },
    /// `No nodes coming from primary view, primary view is not possible` (`gcomm/src/pc_proto.cpp`), before 26.4.23
    /// `no nodes coming from prim view, prim not possible`.
    "no-primary-peers" => NoPrimaryPeers,

    /// `failed to open gcomm backend connection: 110: failed to reach primary view: 110 (Connection timed out)`
    /// (`gcomm/src/pc.cpp`): the end of each start that found no primary component, whatever the cause.
    "primary-not-reached" => PrimaryNotReached,

    // States

    /// `Shifting JOINED -> SYNCED (TO: 15)` (`gcs/src/gcs.cpp`).
    "shift" => Shift { from: String, to: String, seqno: i64 },
    /// `Restored state OPEN -> SYNCED (15)` (`gcs/src/gcs.cpp`).
    "restored" => Restored { from: String, to: String, seqno: i64 },
    /// `Server status change joined -> synced` (`sql/wsrep_server_service.cc`).
    "status-change" => StatusChange { from: String, to: String },
    /// `Server node1 connected to cluster at position <gtid> with ID <uuid>` (`wsrep-lib/src/server_state.cpp`).
    "server-connected" => ServerConnected { name: String, position: Gtid, uuid: String },
    /// `Synchronized with group, ready for connections` (`sql/wsrep_server_service.cc`).
    "synchronized" => Synchronized,
    /// `Member 0.0 (node1) synced with group.` (`gcs/src/gcs_group.cpp`).
    "member-synced" => MemberSynced { index: i32, name: String },
    /// `Member 0.0 (node1) desyncs itself from group` (`gcs/src/gcs_group.cpp`).
    "desync" => Desync { index: i32, name: String },
    /// `Member 0.0 (node1) resyncs itself to group.` (`gcs/src/gcs_group.cpp`).
    "resync" => Resync { index: i32, name: String },

    // Transfers

    /// `State transfer required:` with rows `Group state: <gtid>` and `Local state: <gtid>`
    /// (`galera/src/replicator_smm.cpp`).
    "transfer-required" => TransferRequired { group: Gtid, local: Gtid },
    /// `Member 1.0 (node2) requested state transfer from '*any*'. Selected 0.0 (node1)(SYNCED) as donor.`
    /// (`gcs/src/gcs_group.cpp`).
    "transfer-requested" => TransferRequested {
        joiner_index: i32,
        joiner: String,
        /// `*any*` or the value of `wsrep_sst_donor`.
        wanted: String,
        donor_index: i32,
        donor: String,
        donor_state: String,
    },
    /// `Member 1.0 (node2) requested state transfer from 'node9', but it is impossible to select State Transfer donor: …`
    /// (`gcs/src/gcs_group.cpp`).
    "no-donor" => NoDonor { joiner_index: i32, joiner: String, wanted: String, reason: String },
    /// `0.0 (node1): State transfer to 1.0 (node2) failed: Broken pipe`,
    /// `1.0 (node2): State transfer from 0.0 (node1) complete.` (`gcs/src/gcs_group.cpp`).
    "transfer-result" => TransferResult {
        /// -1 when that member has left the group.
        donor_index: i32,
        donor: String,
        /// -1 when that member has left the group.
        joiner_index: i32,
        joiner: String,
        /// `complete` or `failed`.
        outcome: String,
        /// The exit code of the transfer script read as an errno.
        error: Option<String>,
        /// The side that says so: `donor` or `joiner`.
        by: String,
    },
    /// `WSREP_SST: [INFO] rsync IST started on joiner (20261124 08:03:10.944)` (`scripts/wsrep_sst_*.sh`): the script
    /// calls it an IST when the donor only has to say from where the joiner goes on.
    "sst-stage" => SstStage {
        method: String,
        /// `SST` or `IST`.
        transfer: String,
        /// `started` or `completed`.
        step: String,
        /// `joiner` or `donor`.
        role: String,
    },
    /// `Running: 'wsrep_sst_rsync --role 'joiner' --address '10.0.0.2' --datadir '/var/lib/mysql/' …'`
    /// (`sql/wsrep_sst.cc`).
    "sst-run" => SstRun {
        /// `joiner` or `donor`.
        role: String,
        /// `rsync`, `mariabackup`, `xtrabackup-v2`, …
        method: String,
        address: Option<String>,
        datadir: Option<String>,
        /// The whole command. Servers before 10.2 print the password of `wsrep_sst_auth` in it.
        command: String,
    },
    /// `Process completed with error: wsrep_sst_rsync --role 'donor' …: 255 (Unknown error 255)` (`sql/wsrep_utils.cc`).
    "sst-script-failed" => SstScriptFailed {
        method: String,
        role: String,
        /// Exit code of the script; missing where the server has cut the line.
        code: Option<i32>,
        /// The exit code read as an errno, which is seldom what happened.
        error: Option<String>,
    },
    /// `SST received: <gtid>` (`galera/src/replicator_str.cpp`). The bare `SST received` of the server is not this: it
    /// is also printed when the script has failed.
    "sst-received" => SstReceived { position: Gtid },
    /// `SST sent: <gtid>`, `SST sending failed: -32` (`wsrep-lib/src/server_state.cpp`).
    "sst-sent" => SstSent {
        /// `complete` or `failed`.
        outcome: String,
        code: Option<i32>,
    },
    /// `IST receiver addr using tcp://10.0.0.2:4568`, `Prepared IST receiver for 14-16, listening at: tcp://10.0.0.2:4568`
    /// (`galera/src/ist.cpp`).
    "ist-receiver" => IstReceiver { address: String, first: Option<i64>, last: Option<i64> },
    /// `Receiving IST: 3 writesets, seqnos 14-16` (`galera/src/replicator_str.cpp`).
    "ist-receiving" => IstReceiving { count: u64, first: i64, last: i64 },
    /// `Receiving IST failed, node restart required: …` (joiner, `galera/src/replicator_str.cpp`),
    /// `async IST sender failed to serve tcp://10.0.0.2:4568: …` (donor, `galera/src/ist.cpp`).
    "ist-failed" => IstFailed { error: String },
    /// `async IST sender starting to serve tcp://10.0.0.2:4568 sending 14-16, preload starts from 16`
    /// (`galera/src/ist.cpp`). After an SST it sends only what the certification index needs.
    "ist-sending" => IstSending { address: String, first: i64, last: i64 },
    /// `IST received: <gtid>` (`galera/src/replicator_str.cpp`).
    "ist-received" => IstReceived { position: Gtid },
    /// `Will never receive state. Need to abort.` (`gcs/src/gcs_group.cpp`).
    "never-receives" => NeverReceives,
    /// `WSREP_SST: [INFO] Proceeding with SST`, `WSREP_SST: [INFO] Preparing the backup at /var/lib/mysql/.sst`
    /// (`scripts/wsrep_sst_mariabackup.sh`), both on the joiner.
    "sst-step" => SstStep {
        /// `receiving` or `preparing`.
        step: String,
    },
    /// `IST first seqno 14 not found from cache, falling back to SST` (`galera/src/replicator_str.cpp`).
    "ist-first-missing" => IstFirstMissing { seqno: i64 },

    // Consistency

    /// `Member 0(node1) initiates vote on <gtid>,f9eaa09e9a5301c2:  Duplicate entry '7' for key 'PRIMARY', Error_code: 1062;`
    /// (`gcs/src/gcs_group.cpp`).
    "vote" => Vote {
        index: i32,
        name: String,
        gtid: Gtid,
        /// `0000000000000000` is success.
        hash: String,
        error: Option<String>,
        /// `initiates` or `responds`.
        step: String,
    },
    /// `Votes over <gtid>:` with its rows and `Winner: 0000000000000000` (`gcs/src/gcs_group.cpp`).
    "vote-result" => VoteResult { gtid: Gtid, winner: String },
    /// `Inconsistency detected: Inconsistent by consensus on <gtid>`, `Vote 0 (success) on <gtid> is inconsistent with
    /// group. Leaving cluster.`, `Node consistency compromized, leaving cluster...` (`galera/src/replicator_smm.cpp`).
    "inconsistent" => Inconsistent { gtid: Option<Gtid> },
    /// `Slave SQL: Could not execute Write_rows_v1 event on table shop.stock; Duplicate entry '7' for key 'PRIMARY',
    /// Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log FIRST, end_log_pos 306`
    /// (`sql/log_event_server.cc`).
    "applier-error" => ApplierError {
        operation: String,
        table: String,
        error: Option<String>,
        code: Option<u32>,
        handler: Option<String>,
    },

    // Flow

    /// `Flow-control interval: [16, 16]` (`gcs/src/gcs.cpp`): limits, printed at each membership change. Not a pause.
    "flow-interval" => FlowInterval { low: u32, high: u32 },
    /// `Provider paused at <gtid> (22)` (`galera/src/replicator_smm.cpp`).
    "provider-paused" => ProviderPaused { position: Gtid },
    /// `Provider resumed.` (`galera/src/replicator_smm.cpp`).
    "provider-resumed" => ProviderResumed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_counts_and_a_truth_value_is_a_word() {
        let row = ViewMember { index: None, uuid: "b63c1f5a-9f1a".into(), name: None, segment: Some(0) };
        let view = Event::ServerView {
            gtid: Gtid { uuid: "ce7b9535-e7da-11f1-a359-aace47ddf325".into(), seqno: 15 },
            status: "primary".into(),
            is_final: true,
            own_index: -1,
            members: vec![row.clone(), row],
        };
        assert_eq!(view.kind(), "server-view");
        assert_eq!(view.field("members").as_deref(), Some("2"));
        assert_eq!(view.field("final").as_deref(), Some("yes"));
        assert_eq!(view.field("gtid").as_deref(), Some("ce7b9535-e7da-11f1-a359-aace47ddf325:15"));
        assert_eq!(view.field("is_final"), None);
    }

    #[test]
    fn kinds_are_unique() {
        let mut kinds: Vec<_> = Event::KINDS.iter().map(|(kind, _)| kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), Event::KINDS.len());
    }

    #[test]
    fn an_event_without_fields_has_none() {
        assert_eq!(Event::Connected.kind(), "connected");
        assert_eq!(Event::Connected.field("peer"), None);
    }
}
