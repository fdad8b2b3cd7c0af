//! Links that work once: by which somebody becomes the first owner, joins, or gets in again.

use diesel::prelude::{Queryable, Selectable};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use tollgate_policy::id::MemberId;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::{Conn, on_backend};
use crate::columns::Row;
use crate::digest::Digest;
use crate::error::{Kind, StoreError};
use crate::member::{NewMember, PasswordHash, StoredMember, add, row as member, write_password};
use crate::schema::links;
use crate::store::{Changed, Store};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To become the first owner.
    FirstOwner,
    /// To choose a first password.
    Invite(MemberId),
    /// To choose another password.
    Reset(MemberId),
}

/// Who becomes the first owner by a link that belongs to nobody yet.
pub type FirstOwner = (MemberId, NewMember);

impl LinkPurpose {
    /// The name in the database, in views and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstOwner => "first-owner",
            Self::Invite(_) => "invite",
            Self::Reset(_) => "reset",
        }
    }

    /// Whose link it is.
    pub const fn member(self) -> Option<MemberId> {
        match self {
            Self::FirstOwner => None,
            Self::Invite(member) | Self::Reset(member) => Some(member),
        }
    }

    fn read(name: &str, member: Option<MemberId>) -> Option<Self> {
        match (name, member) {
            ("first-owner", None) => Some(Self::FirstOwner),
            ("invite", Some(member)) => Some(Self::Invite(member)),
            ("reset", Some(member)) => Some(Self::Reset(member)),
            _ => None,
        }
    }
}

/// What the audit log keeps of a link.
#[derive(Serialize)]
struct Record {
    link: &'static str,
    expires_at: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = links)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct LinkRow {
    purpose: String,
    member_id: Option<i64>,
    expires_at: i64,
}

/// Links. Every error leaves everything as it was.
impl Store {
    /// Makes a link, in place of the ones that the member had, or that were for the first owner.
    ///
    /// # Errors
    /// Where the member is not there, or a link for the first owner is asked for and there is one.
    pub async fn link_insert(
        &self,
        who: &Actor,
        purpose: LinkPurpose,
        digest: Digest,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(insert(conn, purpose, digest, expires_at, at))
        })
        .await
    }

    /// What a link is for, with its member. `None` where it was used, replaced or is too old.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn link_find(
        &self,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<(LinkPurpose, Option<StoredMember>)>, StoreError> {
        self.read(move |conn| Box::pin(find(conn, digest, now)))
            .await
    }

    /// Uses a link: its member, or the first owner, who is made now, has this password from now on,
    /// and all their sessions end. The authenticator of a member stays.
    ///
    /// # Errors
    /// Where the link was used, replaced or is too old, its member is disabled, the login of the
    /// first owner is taken or not told, or there is an owner already.
    pub async fn link_redeem(
        &self,
        who: &Actor,
        digest: Digest,
        hash: PasswordHash,
        first: Option<FirstOwner>,
        at: Timestamp,
    ) -> Result<StoredMember, StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(redeem(conn, digest, hash, first, at))
        })
        .await
    }
}

async fn insert(
    conn: &mut Conn,
    purpose: LinkPurpose,
    digest: Digest,
    expires_at: Timestamp,
    at: Timestamp,
) -> Changed<()> {
    let id = purpose.member();
    match id {
        Some(id) => {
            member::fetch(conn, id).await?;
        }
        None if member::owners(conn).await? > 0 => return Err(StoreError::OwnerThere),
        None => {}
    }
    replace(conn, id, at).await?;
    let row = (
        links::hash.eq(digest.bytes()),
        links::purpose.eq(purpose.name()),
        links::member_id.eq(id.map(MemberId::raw)),
        links::created_at.eq(at.as_micros()),
        links::expires_at.eq(expires_at.as_micros()),
    );
    on_backend!(conn, c => diesel::insert_into(links::table).values(row).execute(c).await)?;
    let after = Record {
        link: purpose.name(),
        expires_at: expires_at.to_string(),
    };
    let id = id.map_or(0, MemberId::raw);
    let change = Change::new(Kind::Member, "link", id, None, Some(&after))?;
    Ok(((), change))
}

/// Lets go of what a new link takes the place of, and of what is too old.
async fn replace(
    conn: &mut Conn,
    member: Option<MemberId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let old = links::table.filter(links::expires_at.le(now.as_micros()));
    on_backend!(conn, c => diesel::delete(old).execute(c).await)?;
    match member {
        Some(member) => {
            let theirs = links::table.filter(links::member_id.eq(member.raw()));
            on_backend!(conn, c => diesel::delete(theirs).execute(c).await)?;
        }
        None => {
            let open = links::table.filter(links::member_id.is_null());
            on_backend!(conn, c => diesel::delete(open).execute(c).await)?;
        }
    }
    Ok(())
}

async fn find(
    conn: &mut Conn,
    digest: Digest,
    now: Timestamp,
) -> Result<Option<(LinkPurpose, Option<StoredMember>)>, StoreError> {
    let found = on_backend!(conn, c => links::table
        .find(digest.bytes())
        .select(LinkRow::as_select())
        .first::<LinkRow>(c)
        .await
        .optional())?;
    let Some(link) = found.filter(|link| link.expires_at > now.as_micros()) else {
        return Ok(None);
    };
    let row = Row::new("links", link.member_id.unwrap_or(0));
    let id = link.member_id;
    let id = id.map(|id| row.id("member_id", MemberId::from_raw(id)));
    let purpose = LinkPurpose::read(&link.purpose, id.transpose()?)
        .ok_or_else(|| row.corrupt("purpose", "it does not fit the member"))?;
    let member = match purpose.member() {
        Some(id) => Some(member::fetch(conn, id).await?),
        None => None,
    };
    // A link of somebody who was disabled waits until they are enabled again.
    let open = member.as_ref().is_none_or(|member| member.enabled);
    Ok(open.then_some((purpose, member)))
}

async fn redeem(
    conn: &mut Conn,
    digest: Digest,
    hash: PasswordHash,
    first: Option<FirstOwner>,
    at: Timestamp,
) -> Changed<StoredMember> {
    let (purpose, member) = find(conn, digest, at).await?.ok_or(StoreError::NoLink)?;
    let id = match (member, first) {
        (Some(member), _) => member.id,
        (None, Some((id, new))) => {
            if member::owners(conn).await? > 0 {
                return Err(StoreError::OwnerThere);
            }
            add(conn, new, id, at).await?.id
        }
        (None, None) => return Err(StoreError::NoLink),
    };
    let used = links::table.find(digest.bytes());
    on_backend!(conn, c => diesel::delete(used).execute(c).await)?;
    write_password(conn, id, hash, at).await?;
    let stored = member::fetch(conn, id).await?;
    let change = match purpose {
        LinkPurpose::FirstOwner => crate::member::changed("create", None, Some(&stored))?,
        LinkPurpose::Invite(_) => crate::member::changed("join", None, Some(&stored))?,
        LinkPurpose::Reset(_) => crate::member::changed("reset", None, Some(&stored))?,
    };
    Ok((stored, change))
}
