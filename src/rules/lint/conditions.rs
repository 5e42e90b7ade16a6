//! The numbers and durations of a rule, and conditions that could never hold.

use super::Checked;
use super::form::event;
use crate::rules::duration;
use crate::rules::read::LoadedRule;
use crate::rules::schema::{Condition, Explains, Relation, Rule};

pub fn check(checked: &mut Checked<'_>) {
    let rule = checked.rule;
    if !(0.0..=1.0).contains(&rule.confidence) {
        checked.say("confidence", "", &format!("the confidence {} is not between 0 and 1", rule.confidence));
    }
    if rule.threshold.as_ref().is_some_and(|threshold| threshold.count < 2) {
        checked.say("threshold.count", "", "a threshold below 2 hits is none");
    }
    for (place, text) in durations(rule) {
        if let Err(problem) = duration::seconds(text) {
            checked.say(&place, "", &problem);
        }
    }
    for (index, one) in rule.require.iter().enumerate() {
        let place = format!("require.{index}");
        condition(checked, &place, one);
        if one.weight.is_some() {
            checked.say(&format!("{place}.weight"), "", "a required condition has no weight: it holds or it does not");
        }
    }
    for (index, one) in rule.evidence.iter().enumerate() {
        let place = format!("evidence.{index}");
        condition(checked, &place, one);
        match one.weight {
            None => checked.say(&place, "", "evidence needs a weight, -1 to 1"),
            Some(weight) if !(-1.0..=1.0).contains(&weight) || weight == 0.0 => {
                checked.say(&format!("{place}.weight"), "", &format!("the weight {weight} is not -1 to 1, or is 0"));
            }
            Some(_) => {}
        }
    }
}

fn condition(checked: &mut Checked<'_>, place: &str, one: &Condition) {
    match (&one.rule, &one.event) {
        (None, Some(kind)) => event(checked, place, kind, one.fields.iter()),
        (Some(_), None) if one.fields.is_empty() => {}
        (Some(_), None) => checked.say(&format!("{place}.where"), "", "only an event has fields to ask for"),
        _ => checked.say(place, "", "a condition needs exactly one of rule and event"),
    }
    if one.count == 0 || one.nodes == 0 {
        checked.say(place, "", "a count of 0 always holds; say absent = true for what must not be there");
    }
    if one.node == Relation::Same && one.nodes > 1 {
        checked.say(&format!("{place}.nodes"), "", "the same node is only one; say node = \"any\"");
    }
    if one.names && (one.node != Relation::Peer || one.absent) {
        checked.say(
            &format!("{place}.names"),
            "",
            "names a node at fault only with node = \"peer\", and if it is there",
        );
    }
}

/// Whether the rule can be compiled into a table.
pub fn durations_are_right(one: &LoadedRule) -> bool {
    let conditions = one.rule.require.iter().chain(&one.rule.evidence);
    durations(&one.rule).iter().all(|(_, text)| duration::seconds(text).is_ok())
        && conditions.into_iter().all(|condition| condition.rule.is_some() || condition.event.is_some())
}

/// All durations of a rule, with their places.
fn durations(rule: &Rule) -> Vec<(String, &str)> {
    let mut all = Vec::new();
    all.extend(rule.threshold.as_ref().map(|threshold| ("threshold.within".to_owned(), threshold.within.as_str())));
    for (list, name) in [(&rule.require, "require"), (&rule.evidence, "evidence")] {
        for (index, one) in list.iter().enumerate() {
            all.extend(one.within.as_deref().map(|within| (format!("{name}.{index}.within"), within)));
        }
    }
    for (index, one) in rule.explains.iter().enumerate() {
        if let Explains::Reaching(long) = one {
            all.extend(long.within.as_deref().map(|within| (format!("explains.{index}.within"), within)));
        }
    }
    all
}
