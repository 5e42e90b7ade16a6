//! The table from a literal in a line to the parser that can read the message around it.
//!
//! The literals go into one search, so a line costs one pass whatever the number of kinds. A literal only says
//! that a parser is worth calling; the parser decides.

use super::event::Event;
use super::{gcomm, gcs, provider, server, wsrep};

/// One way to recognise an event.
#[derive(Clone, Copy, Debug)]
pub struct Trigger {
    /// At least eight bytes which stand in each printed form of the message and hardly ever elsewhere.
    pub literal: &'static str,
    /// False: the literal counts only in the line that carries the record's head, and the parser gets the message
    /// of the record. True: the message may lack a head of its own, as with stack traces and the C library's
    /// assertions, so the literal counts in any line and the parser gets that line (without its head where it has
    /// one) and those that follow.
    pub continuation: bool,
    /// Gives `None` when the text is another message that happens to hold the literal. A line can hold several
    /// literals, even two of the same parser; it is one message, so the first event found is the only one.
    pub parse: fn(&[u8]) -> Option<Event>,
    /// The kind of event, where it is common and no part of any story: nobody looks for it unless a rule does.
    pub only_for_rules: Option<&'static str>,
}

const fn head(literal: &'static str, parse: fn(&[u8]) -> Option<Event>) -> Trigger {
    Trigger { literal, continuation: false, parse, only_for_rules: None }
}

const fn any_line(literal: &'static str, parse: fn(&[u8]) -> Option<Event>) -> Trigger {
    Trigger { literal, continuation: true, parse, only_for_rules: None }
}

const fn for_rules(literal: &'static str, parse: fn(&[u8]) -> Option<Event>, kind: &'static str) -> Trigger {
    Trigger { literal, continuation: false, parse, only_for_rules: Some(kind) }
}

/// All triggers, by the part of the server that prints the message.
pub const TRIGGERS: &[Trigger] = &[
    head("Starting MariaDB ", server::start),
    head(") starting as process ", server::start),
    head(": ready for connections.", server::ready),
    head(": Normal shutdown", server::shutdown_start),
    head("Received SHUTDOWN from user ", server::shutdown_start),
    head(": Shutdown complete", server::shutdown_complete),
    any_line(" got signal ", server::crash),
    any_line("Query (0x", server::crash_query),
    any_line("Query (7f", server::crash_query),
    head("Aborting", server::aborting),
    head(": Terminated.", server::aborting),
    any_line("Assertion failure", server::assertion),
    any_line(": Assertion `", server::assertion),
    head("loading provider library '", provider::load),
    head("Loading provider ", provider::load),
    head("wsrep_load(): Galera ", provider::loaded),
    head("Passing config to GCS: ", provider::options),
    head("Failed to create a new provider '", provider::options),
    head("My UUID: ", provider::own_uuid),
    head("Found saved state: ", provider::saved_state),
    any_line("Recovered position", provider::recovered_position),
    head("found gapless sequence ", provider::gcache_recovery),
    head("didn't recover any events", provider::gcache_recovery),
    head("Recovery failed, need to do full reset", provider::gcache_recovery),
    head("Failed to recover GCache ring buffer", provider::gcache_recovery),
    head("Skipped GCache ring buffer recovery", provider::gcache_recovery),
    head("') listening at ", gcomm::listening),
    head("gcomm: connecting to group '", gcomm::connecting),
    head("gcomm: bootstrapping new group '", gcomm::bootstrapping),
    head("gcomm: connected", gcomm::connected),
    head("') connection established to ", gcomm::connection_established),
    head("Failed to establish connection: ", gcomm::connect_failed),
    head("Handshake failed: ", gcomm::connect_failed),
    head("handshake with remote endpoint ", gcomm::connect_failed),
    head("timed out, no messages seen in ", gcomm::peer_timeout),
    head("') reconnecting to ", gcomm::reconnecting),
    head("turning message relay requesting ", gcomm::relay),
    head(" suspecting node: ", gcomm::suspect),
    head("detected inactive node: ", gcomm::inactive),
    head("declaring suspected ", gcomm::inactive),
    head(" failed to commit for install message", gcomm::inactive),
    head(" as inactive due to expired install timer", gcomm::inactive),
    head(" as inactive (mutual exclusion)", gcomm::inactive),
    head(" inactive (other nodes under suspicion)", gcomm::inactive),
    head(" inactive in asymmetry elimination", gcomm::inactive),
    head("marked with nil view id and suspected", gcomm::inactive),
    head("evicting member ", gcomm::evicted),
    head("Evicting node ", gcomm::evicted),
    head("Closing connection to evicted node ", gcomm::evicted),
    head(" has been evicted out, rejecting connection", gcomm::evicted),
    head("forgetting ", gcomm::forgetting),
    head(" changed identity ", gcomm::identity_changed),
    head("handshake failed, my group: '", gcomm::group_mismatch),
    head("last inactive check more than ", gcomm::inactive_check),
    head("view(view_id(", gcomm::view),
    head("view((empty))", gcomm::view),
    head("Current view of cluster as seen by this node", gcomm::view),
    head(" state prim", gcomm::node_state),
    head("o nodes coming from prim", gcomm::no_primary_peers),
    head("failed to reach primary view", gcomm::primary_not_reached),
    head("New COMPONENT: ", gcs::component),
    head("New SELF-LEAVE", gcs::self_leave),
    head("Received self-leave message", gcs::self_leave),
    head("STATE EXCHANGE: ", gcs::state_exchange),
    head("STATE_EXCHANGE: ", gcs::state_exchange),
    head("Quorum results:", gcs::quorum),
    head("Received NON-PRIMARY", gcs::non_primary),
    head("Shifting ", gcs::shift),
    head("Restored state ", gcs::restored),
    head(") synced with group", gcs::member_state),
    head(") desyncs itself from group", gcs::member_state),
    head(") resyncs itself to group", gcs::member_state),
    head(") requested state transfer from '", gcs::transfer_request),
    head("): State transfer ", gcs::transfer_result),
    head("initiates vote on ", gcs::vote),
    head("responds to vote on ", gcs::vote),
    head("Votes over ", gcs::vote_result),
    for_rules("Flow-control interval: [", gcs::flow_interval, "flow-interval"),
    // The frame of a view opens with 48 equals signs; its first word, `View:`, is too short to search for.
    head("================================================", wsrep::server_view),
    head("New cluster view: global state: ", wsrep::cluster_view),
    head("Server status change ", wsrep::status_change),
    head(" connected to cluster at position ", wsrep::server_connected),
    head("Synchronized with group", wsrep::synchronized),
    head("State transfer required", wsrep::transfer_required),
    head("Running: 'wsrep_sst_", wsrep::sst_run),
    head("Process completed with error: wsrep_sst_", wsrep::sst_script_failed),
    head("ST started on ", wsrep::sst_stage),
    head("ST completed on ", wsrep::sst_stage),
    head("SST received: ", wsrep::sst_received),
    head("SST sent: ", wsrep::sst_sent),
    head("SST sending failed: ", wsrep::sst_sent),
    head("IST receiver addr using ", wsrep::ist_receiver),
    head("Prepared IST receiver", wsrep::ist_receiver),
    head("Receiving IST: ", wsrep::ist_receiving),
    head("eceiving IST failed, node restart required", wsrep::ist_receive_failed),
    head("IST receiver reported failure", wsrep::ist_reported),
    head("IST sender failed to serve ", wsrep::ist_serve_failed),
    head("IST sender, failed to connect ", wsrep::ist_connect_failed),
    head("IST failed: ", wsrep::ist_donate_failed),
    head("async IST sender starting to serve ", wsrep::ist_sending),
    head("IST received: ", wsrep::ist_received),
    head("Will never receive state", wsrep::never_receives),
    any_line("WSREP_SST: [INFO] Proceeding with SST", wsrep::sst_step),
    any_line("WSREP_SST: [INFO] Preparing the backup at ", wsrep::sst_step),
    head("IST first seqno ", wsrep::ist_first_missing),
    head("Inconsistency detected: ", wsrep::inconsistent),
    head("is inconsistent with group", wsrep::inconsistent),
    head("ode consistency compromi", wsrep::inconsistent),
    head(" event on table ", wsrep::applier_error),
    head("Provider paused at ", wsrep::provider_paused),
    head("Provider resumed", wsrep::provider_resumed),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_long_and_unique() {
        let mut literals: Vec<_> = TRIGGERS.iter().map(|trigger| trigger.literal).collect();
        assert!(literals.iter().all(|literal| literal.len() >= 8), "{literals:?}");
        literals.sort_unstable();
        let found = literals.len();
        literals.dedup();
        assert_eq!(literals.len(), found);
    }

    #[test]
    fn no_parser_panics_on_its_own_literal_or_a_cut_one() {
        for trigger in TRIGGERS {
            for cut in 0..trigger.literal.len() {
                if let Some(text) = trigger.literal.as_bytes().get(cut..) {
                    let _ = (trigger.parse)(text);
                }
            }
        }
    }
}
