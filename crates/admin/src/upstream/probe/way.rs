//! How an upstream is reached, as the gateway reaches it.

use tollgate_connect::{Http2, Options, Roots, Via, ViaError};
use tollgate_rights::source::{self, Access};

pub(super) fn options(access: &Access) -> Result<Options, ViaError> {
    let proxy = access.proxy.as_ref();
    let via = proxy.map(|proxy| Via::new(proxy.reveal(), access.allow_private));
    Ok(Options {
        via: via.transpose()?,
        roots: match &access.ca {
            Some(pem) => Roots::Also(pem.clone().into_bytes()),
            None => Roots::default(),
        },
        private: access.allow_private,
        http2: match access.http2 {
            source::Http2::Never => Http2::Never,
            source::Http2::Offered => Http2::WhereOffered,
            source::Http2::PriorKnowledge => Http2::PriorKnowledge,
        },
    })
}
