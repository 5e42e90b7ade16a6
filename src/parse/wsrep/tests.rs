use super::*;

const HISTORY: &str = "ce7b9535-e7da-11f1-a359-aace47ddf325";
const OWN: &str = "78650423-e7de-11f1-bf73-9ea06b588129";

fn at(seqno: i64) -> Gtid {
    Gtid { uuid: HISTORY.into(), seqno }
}

fn frame(rows: &str) -> String {
    let rule = "================================================";
    format!(
        "{rule}\nView:\n  id: {HISTORY}:16\n  status: primary\n  protocol_version: 4\n  capabilities: MULTI-MASTER, NBO\n  \
        final: no\n  own_index: 0\n  members{rows}\n{rule}="
    )
}

#[test]
fn a_view_ties_index_uuid_and_name() {
    let row =
        |index, name: &str| ViewMember { index: Some(index), uuid: OWN.into(), name: Some(name.into()), segment: None };
    let text = frame(&format!("(2):\n\t0: {OWN}, node1\n\t1: {OWN}, db, the second"));
    assert_eq!(
        server_view(text.as_bytes()),
        Some(Event::ServerView {
            gtid: at(16),
            status: "primary".into(),
            is_final: false,
            own_index: 0,
            members: vec![row(0, "node1"), row(1, "db, the second")],
        })
    );
}

#[test]
fn a_cut_frame_is_not_read() {
    assert_eq!(server_view(frame(&format!("(2):\n\t0: {OWN}, node1")).as_bytes()), None);
    assert_eq!(server_view(b"================================================\nView:\n  id: ce7b"), None);
    assert_eq!(server_view(b"=====================================\nINNODB MONITOR OUTPUT"), None);
}

#[test]
fn the_view_of_a_disconnected_node() {
    let text = frame("(0):").replace("primary", "disconnected").replace("own_index: 0", "own_index: -1");
    let Some(Event::ServerView { status, own_index, members, .. }) = server_view(text.as_bytes()) else {
        panic!("not read")
    };
    assert_eq!((status.as_str(), own_index, members.len()), ("disconnected", -1, 0));
}

#[test]
fn a_view_of_25_3() {
    let view = |status: &str, number, members, own_index, protocol| {
        Some(Event::ClusterView { gtid: at(97), number, status: status.into(), members, own_index, protocol })
    };
    let line = format!(
        "New cluster view: global state: {HISTORY}:97, view# 18: Primary, number of nodes: 3, my index: 0, protocol version 2"
    );
    assert_eq!(cluster_view(line.as_bytes()), view("Primary", 18, 3, 0, Some(2)));
    let line = format!(
        "New cluster view: global state: {HISTORY}:97, view# -1: non-Primary, number of nodes: 0, my index: -1, protocol version -1"
    );
    assert_eq!(cluster_view(line.as_bytes()), view("non-Primary", -1, 0, -1, Some(-1)));
}

#[test]
fn states_of_the_server() {
    assert_eq!(
        status_change(b"Server status change joined -> synced"),
        Some(Event::StatusChange { from: "joined".into(), to: "synced".into() })
    );
    let line = format!("Server db (1) connected to cluster at position {HISTORY}:15 with ID {OWN}");
    assert_eq!(
        server_connected(line.as_bytes()),
        Some(Event::ServerConnected { name: "db (1)".into(), position: at(15), uuid: OWN.into() })
    );
    assert_eq!(synchronized(b"Synchronized with group, ready for connections"), Some(Event::Synchronized));
}

#[test]
fn the_two_positions_of_a_transfer() {
    let text = format!("State transfer required: \n\tGroup state: {HISTORY}:16\n\tLocal state: {HISTORY}:13");
    assert_eq!(transfer_required(text.as_bytes()), Some(Event::TransferRequired { group: at(16), local: at(13) }));
    assert_eq!(transfer_required(b"State transfer required: "), None);
}

fn run(line: &str) -> Option<(String, String, Option<String>, Option<String>)> {
    match sst_run(line.as_bytes())? {
        Event::SstRun { role, method, address, datadir, .. } => Some((role, method, address, datadir)),
        _ => None,
    }
}

#[test]
fn scripts_of_each_generation() {
    let expected = |role: &str, method: &str, address: &str, datadir: Option<&str>| {
        Some((role.to_owned(), method.to_owned(), Some(address.to_owned()), datadir.map(str::to_owned)))
    };
    assert_eq!(
        run(
            "Running: 'wsrep_sst_rsync --role 'joiner' --address '10.0.0.2' --datadir '/var/lib/mysql/' --parent 33 --progress 0'"
        ),
        expected("joiner", "rsync", "10.0.0.2", Some("/var/lib/mysql/"))
    );
    assert_eq!(
        run(
            "Running: 'wsrep_sst_xtrabackup-v2 --role 'donor' --address '10.0.0.2:4444/xtrabackup_sst//1' --auth 'u:p' --datadir '/d/'  '' '"
        ),
        expected("donor", "xtrabackup-v2", "10.0.0.2:4444/xtrabackup_sst//1", Some("/d/"))
    );
    assert_eq!(
        run("Running: 'wsrep_sst_xtrabackup 'joiner' '10.0.0.2' '' '/var/lib/mysql/' '/etc/my.cnf' '20758' 2>sst.err'"),
        expected("joiner", "xtrabackup", "10.0.0.2", None)
    );
    assert_eq!(run("Running: 'wsrep_notify.sh --status joined'"), None);
}

fn failure(line: &str) -> Option<(String, String, Option<i32>, Option<String>)> {
    match sst_script_failed(line.as_bytes())? {
        Event::SstScriptFailed { method, role, code, error } => Some((method, role, code, error)),
        _ => None,
    }
}

#[test]
fn scripts_that_fail() {
    assert_eq!(
        failure(
            "Process completed with error: wsrep_sst_rsync --role 'joiner' --address '10.0.0.2' --parent '8896'  ''  '': 2 (No such file or directory)"
        ),
        Some(("rsync".into(), "joiner".into(), Some(2), Some("No such file or directory".into())))
    );
    assert_eq!(
        failure(
            "Process completed with error: wsrep_sst_mysqldump --address '10.0.0.2' --port '3306': 1 (Operation not permitted)"
        ),
        Some(("mysqldump".into(), "donor".into(), Some(1), Some("Operation not permitted".into())))
    );
    assert_eq!(
        failure("Process completed with error: wsrep_sst_mariabackup --role 'donor' --address '10.0.0.2:4444/xtra"),
        Some(("mariabackup".into(), "donor".into(), None, None))
    );
}

#[test]
fn ends_of_a_snapshot_transfer() {
    let received = format!("SST received: {HISTORY}:13");
    assert_eq!(sst_received(received.as_bytes()), Some(Event::SstReceived { position: at(13) }));
    assert_eq!(sst_received(b"SST received"), None);
    let sent = |outcome: &str, code| Some(Event::SstSent { outcome: outcome.into(), code });
    assert_eq!(sst_sent(format!("SST sent: {HISTORY}:13").as_bytes()), sent("complete", None));
    assert_eq!(sst_sent(b"SST sending failed: -255"), sent("failed", Some(-255)));
}

#[test]
fn incremental_receivers() {
    let receiver = |first, last| Some(Event::IstReceiver { address: "ssl://10.0.0.2:4568".into(), first, last });
    assert_eq!(ist_receiver(b"IST receiver addr using ssl://10.0.0.2:4568"), receiver(None, None));
    assert_eq!(
        ist_receiver(b"Prepared IST receiver for 14-16, listening at: ssl://10.0.0.2:4568"),
        receiver(Some(14), Some(16))
    );
    assert_eq!(ist_receiver(b"Prepared IST receiver, listening at: ssl://10.0.0.2:4568"), receiver(None, None));
    assert_eq!(
        ist_receiving(b"Receiving IST: 3 writesets, seqnos 14-16"),
        Some(Event::IstReceiving { count: 3, first: 14, last: 16 })
    );
    assert_eq!(ist_receiving(b"Receiving IST...100.0% (3/3 events) complete."), None);
    assert_eq!(
        ist_first_missing(b"IST first seqno 14 not found from cache, falling back to SST"),
        Some(Event::IstFirstMissing { seqno: 14 })
    );
}

#[test]
fn incremental_transfers_that_fail() {
    for (line, error) in [
        (
            "Receiving IST failed, node restart required: connection lost\n\t at ./galera/src/ist.cpp:recv():9",
            "connection lost",
        ),
        ("receiving IST failed, node restart required: unknown exception.", "unknown exception."),
        ("IST receiver reported failure: 'no data' (71)", "'no data' (71)"),
        (
            "async IST sender failed to serve tcp://10.0.0.2:4568: ist send failed: asio.system:32', asio error 'write: \
            Broken pipe': 32 (Broken pipe)",
            "ist send failed: asio.system:32', asio error 'write: Broken pipe': 32 (Broken pipe)",
        ),
        (
            "IST sender, failed to connect 'tcp://10.0.0.2:4568': connect: Connection refused",
            "connect: Connection refused",
        ),
        ("IST failed: IST sender, failed to connect 'x': y", "IST sender, failed to connect 'x': y"),
    ] {
        let parsers = [ist_receive_failed, ist_reported, ist_serve_failed, ist_connect_failed, ist_donate_failed];
        let found: Vec<Event> = parsers.iter().filter_map(|parse| parse(line.as_bytes())).collect();
        assert_eq!(found, [Event::IstFailed { error: error.into() }]);
    }
}

#[test]
fn verdicts_of_inconsistency() {
    let verdict = |gtid| Some(Event::Inconsistent { gtid });
    let line =
        format!("Inconsistency detected: Inconsistent by consensus on {HISTORY}:23\n\t at ./galera/src/x.cpp:f():9");
    assert_eq!(inconsistent(line.as_bytes()), verdict(Some(at(23))));
    let line = format!("Vote 0 (success) on {HISTORY}:23 is inconsistent with group. Leaving cluster.");
    assert_eq!(inconsistent(line.as_bytes()), verdict(Some(at(23))));
    assert_eq!(inconsistent(b"Node consistency compromized, leaving cluster..."), verdict(None));
    assert_eq!(inconsistent(b"Node consistency compromised, aborting..."), verdict(None));
    assert_eq!(
        inconsistent(format!("Vote 0 (success) on {HISTORY}:23 is consistent with group. Continue.").as_bytes()),
        None
    );
}

#[test]
fn rows_that_cannot_be_applied() {
    assert_eq!(
        applier_error(
            b"Slave SQL: Could not execute Write_rows_v1 event on table shop.stock; Duplicate entry '7;7' for key \
            'PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log FIRST, end_log_pos 160"
        ),
        Some(Event::ApplierError {
            operation: "Write_rows_v1".into(),
            table: "shop.stock".into(),
            error: Some("Duplicate entry '7;7' for key 'PRIMARY'".into()),
            code: Some(1062),
            handler: Some("HA_ERR_FOUND_DUPP_KEY".into()),
        })
    );
    let Some(Event::ApplierError { error, handler, .. }) = applier_error(
        b"Slave SQL: Could not execute Delete_rows event on table a.b; handler error HA_ERR_KEY_NOT_FOUND; the event's \
        master log FIRST, end_log_pos 0",
    ) else {
        panic!("not read")
    };
    assert_eq!((error, handler.as_deref()), (None, Some("HA_ERR_KEY_NOT_FOUND")));
}

#[test]
fn pauses() {
    let line = format!("Provider paused at {HISTORY}:15 (22)");
    assert_eq!(provider_paused(line.as_bytes()), Some(Event::ProviderPaused { position: at(15) }));
    assert_eq!(provider_paused(b"Provider paused at: 15"), None);
    assert_eq!(provider_resumed(b"Provider resumed."), Some(Event::ProviderResumed));
}

#[test]
fn scripts_tell_their_stage() {
    let stage = |line: &str| match sst_stage(line.as_bytes())? {
        Event::SstStage { method, transfer, step, role } => Some([method, transfer, step, role].join(" ")),
        _ => None,
    };
    assert_eq!(stage("rsync IST started on joiner").as_deref(), Some("rsync IST started joiner"));
    assert_eq!(stage("mariabackup SST completed on donor").as_deref(), Some("mariabackup SST completed donor"));
    assert_eq!(stage("rsync SST is started on donor"), None);
}

#[test]
fn an_incremental_transfer_has_two_ends_and_an_sst_its_steps() {
    let sending = b"async IST sender starting to serve ssl://127.0.1.2:4568 sending 14-16, preload starts from 16";
    assert_eq!(
        ist_sending(sending),
        Some(Event::IstSending { address: "ssl://127.0.1.2:4568".into(), first: 14, last: 16 })
    );
    let received = b"IST received: ce7b9535-e7da-11f1-a359-aace47ddf325:16";
    assert!(matches!(ist_received(received), Some(Event::IstReceived { position }) if position.seqno == 16));
    let never = b"./gcs/src/gcs_group.cpp:gcs_group_handle_join_msg():1225: Will never receive state. Need to abort.";
    assert_eq!(never_receives(never), Some(Event::NeverReceives));
    let step = b"WSREP_SST: [INFO] Preparing the backup at /var/lib/mysql/.sst (20261124 08:12:32.929)";
    assert_eq!(sst_step(step), Some(Event::SstStep { step: "preparing".into() }));
    assert_eq!(sst_step(b"WSREP_SST: [INFO] Progress: Proceeding with SST"), None);
}
