//! Whose the money at a provider is that belongs to no payment, and what moved of it.

use std::collections::{BTreeMap, BTreeSet};

use receivables::provider_object::Provider;
use receivables::{BusinessId, ObjectId};
use serde::{Deserialize, Serialize};

use super::provider_objects::AnchorState;
use super::unidentified::marks_of;
use crate::error::StoreError;
use crate::items::movements::{self, Ownership};
use crate::items::{Index, item, record, text, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};
use crate::update::Update;

#[derive(Serialize, Deserialize)]
struct KeptUnderRecord {
    carrier: ObjectId,
}

impl Store {
    /// Writes under which object the money of others is kept, before it is: it says nothing by itself.
    pub(crate) async fn put_kept_under(
        &self,
        (b, provider): (&BusinessId, Provider),
        carrier: &ObjectId,
        before: &AnchorState,
        after: &AnchorState,
    ) -> Result<(), StoreError> {
        let known = before.names(carrier);
        for object in after.names(carrier).difference(&known) {
            let record = KeptUnderRecord { carrier: carrier.clone() };
            self.put_new(&self.tables.core, item(&keys::kept_under(b, provider, object), &record)?).await?;
        }
        Ok(())
    }

    /// What was said of whose the money of some objects is; of what nothing was, it is left out.
    pub async fn ownership_of(
        &self,
        b: &BusinessId,
        provider: Provider,
        objects: &BTreeSet<ObjectId>,
    ) -> Result<BTreeMap<ObjectId, Ownership>, StoreError> {
        let core = &self.tables.core;
        let of_key: BTreeMap<String, &ObjectId> =
            objects.iter().map(|object| (keys::objects(b, provider, object), object)).collect();
        let keys: Vec<keys::Key> = objects.iter().map(|object| keys::kept_under(b, provider, object)).collect();
        let mut carriers: BTreeMap<ObjectId, ObjectId> =
            objects.iter().map(|object| (object.clone(), object.clone())).collect();
        for item in self.get_many(core, &keys).await? {
            let Some(object) = text_of(&item, "pk").and_then(|pk| of_key.get(pk)) else { continue };
            carriers.insert((*object).clone(), record::<KeptUnderRecord>(item)?.carrier);
        }
        let names: BTreeSet<&ObjectId> = carriers.values().collect();
        let keys: Vec<keys::Key> = names.iter().map(|carrier| keys::object(b, provider, carrier)).collect();
        let mut marks = BTreeMap::new();
        for item in self.get_many(core, &keys).await? {
            let Some(carrier) = text_of(&item, "object").and_then(|id| id.parse::<ObjectId>().ok()) else { continue };
            marks.insert(carrier, marks_of(&item)?);
        }
        let owned = carriers.into_iter().filter_map(|(object, carrier)| {
            let marks = marks.get(&carrier).filter(|marks| !marks.is_empty())?.clone();
            Some((object, Ownership { carrier, marks }))
        });
        Ok(owned.collect())
    }

    /// Lists what moved of money that is not ours with what has no owner, so that its owner is looked for again.
    pub async fn look_for_owner_again(
        &self,
        b: &BusinessId,
        provider: Provider,
        carrier: &ObjectId,
    ) -> Result<(), StoreError> {
        let (pk, prefix) = (keys::not_ours_movements(b, provider), format!("{carrier}#"));
        let listed = self.whole(&self.tables.core, Query::of(Index::Parent, &pk, Range::Prefix(&prefix))).await?;
        for moved in listed.into_iter().map(movements::transaction) {
            let moved = moved?;
            let update = Update {
                key: &keys::transaction(b, provider, &moved.transaction.id),
                set: "SET gsi1pk = :list, gsi1sk = :place",
                condition: "attribute_exists(pk) AND attribute_not_exists(payment)",
                values: vec![
                    (":list", text(&keys::unmatched(b, provider))),
                    (":place", text(&movements::unmatched_place(&moved))),
                ],
                names: Vec::new(),
            };
            self.update(&self.tables.core, update).await?;
        }
        Ok(())
    }
}
