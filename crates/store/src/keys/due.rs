//! The due list: its partitions and places.
//!
//! An item stands in it only while it waits for something, so each list is as long as what is waiting, and one query from its
//! beginning finds whatever is due, however long nobody looked.

use jiff::Timestamp;

/// Shards of each list that grows with the traffic: its sort key only rises, so that a burst would heat one partition. Each takes some
/// five hundred items a second, so that a deployment takes two thousand events a second.
pub const DUE_SHARDS: u8 = 4;

/// The lists of what is due. Each is read on its own, so that no flood of one hides another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueList {
    /// Provider events that are not applied yet.
    Events,
    /// Records of decisions that are not sealed yet, or whose effects do not exist yet.
    Records,
    /// Payments to be polled, or whose work is not finished.
    Payments,
    /// What is to be sent: effects of facts, sign-in mails.
    Sends,
    /// Jobs of a business, such as the sweep of its provider's events.
    Jobs,
}

impl DueList {
    pub const ALL: [Self; 5] = [Self::Events, Self::Records, Self::Payments, Self::Sends, Self::Jobs];

    /// How many partitions the list has.
    pub fn shards(self) -> u8 {
        match self {
            Self::Jobs => 1,
            Self::Events | Self::Records | Self::Payments | Self::Sends => DUE_SHARDS,
        }
    }

    /// Whether its items lie in the inbox; the others lie in the core table.
    pub(crate) fn is_in_inbox(self) -> bool {
        match self {
            Self::Events | Self::Sends => true,
            Self::Records | Self::Payments | Self::Jobs => false,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Events => "event",
            Self::Records => "record",
            Self::Payments => "poll",
            Self::Sends => "send",
            Self::Jobs => "run",
        }
    }

    /// The partition of a shard.
    pub(crate) fn partition(self, shard: u8) -> String {
        match self {
            Self::Jobs => "DUE#run".to_owned(),
            Self::Events | Self::Records | Self::Payments | Self::Sends => format!("DUE#{}#{shard}", self.word()),
        }
    }

    /// The partition of an item of this name.
    pub(crate) fn partition_of(self, name: &str) -> String {
        self.partition(name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % self.shards())
    }
}

/// The place of an item in its list. `name` is unique in the list.
pub(crate) fn due_place(at: Timestamp, name: &str) -> String {
    format!("{at:.3}#{name}")
}

/// The end of what is due at an instant.
pub(crate) fn due_until(now: Timestamp) -> String {
    format!("{now:.3}~")
}
