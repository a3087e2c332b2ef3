//! Exports: asked for, made step by step under a lease, removed. A step's part and the place where the next step begins are
//! written together, so that a step is either done or not, and of two workers one has done it.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use receivables::{BusinessId, ExportId};

use super::accounts::{Page, Paged};
use super::due::DueItem;
use crate::difference::Difference;
use crate::error::StoreError;
use crate::items::exports::{self, Export, ExportPart};
use crate::items::{Index, text};
use crate::keys;
use crate::table::{Query, Range, Store};

impl Store {
    /// Stores an export that is asked for. Says whether it is new.
    pub async fn put_new_export(&self, export: &Export) -> Result<bool, StoreError> {
        self.put_new(&self.tables.core, exports::of_export(export)?).await
    }

    /// An export, as far as it is.
    pub async fn export(&self, b: &BusinessId, id: &ExportId) -> Result<Option<Export>, StoreError> {
        self.get(&self.tables.core, &keys::export(b, id)).await?.map(exports::export).transpose()
    }

    /// The exports of a business, newest first.
    pub async fn exports(&self, b: &BusinessId, page: &Page) -> Result<Paged<Export>, StoreError> {
        let pk = keys::exports(b);
        let query = Query { newest_first: true, ..Query::of(Index::List, &pk, Range::All) };
        self.list(query, page, exports::export).await
    }

    /// The parts of an export's file so far, in their order.
    pub async fn export_parts(&self, b: &BusinessId, id: &ExportId) -> Result<Vec<ExportPart>, StoreError> {
        let pk = keys::export(b, id).pk;
        exports::parts(self.whole(&self.tables.core, Query::within(&pk, Range::Prefix(keys::EXPORT_PART))).await?)
    }

    /// Writes what a step has come to, and the part it has made, over the export as it was claimed. Says whether it was still so.
    pub async fn move_export(
        &self,
        claimed: &DueItem,
        after: &Export,
        part: Option<&ExportPart>,
    ) -> Result<bool, StoreError> {
        let (core, item) = (&self.tables.core, exports::of_export(after)?);
        let defect = |error: BuildError| StoreError::defect("export", &error);
        let moved = Difference::to(&item, &exports::OPTIONAL).update(core, &item, "gsi3sk = :seen");
        let moved = moved.expression_attribute_values(":seen", Self::seen(claimed)).build().map_err(defect)?;
        let mut writes = vec![TransactWriteItem::builder().update(moved).build()];
        if let Some(part) = part {
            let put = Put::builder().table_name(core).set_item(Some(exports::of_part(after, part)?)).build();
            writes.push(TransactWriteItem::builder().put(put.map_err(defect)?).build());
        }
        match self.write_together(writes).await {
            Ok(()) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_transaction_canceled_exception() || error.is_transaction_in_progress_exception()
                }) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::of(&error)),
        }
    }

    /// Removes an export and its parts' items; their bytes are gone before.
    pub async fn delete_export(&self, export: &Export) -> Result<(), StoreError> {
        let (b, id) = (&export.business, &export.id);
        let parts = self.export_parts(b, id).await?;
        let keys = parts.iter().map(|part| keys::export_part(b, id, part.number));
        // The export itself goes last: while it is there, it is due.
        for key in keys.chain([keys::export(b, id)]) {
            let delete = self.client.delete_item().key("pk", text(&key.pk)).key("sk", text(&key.sk));
            self.delete(&self.tables.core, delete).await?;
        }
        Ok(())
    }
}
