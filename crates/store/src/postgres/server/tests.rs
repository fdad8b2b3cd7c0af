use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tollgate_testkit::postgres::Postgres;

use super::*;

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Bool)]
    encrypted: bool,
}

/// A server with a certificate for 127.0.0.1 and a user who has to come by TLS, with a password;
/// the files of an authority that vouches for it and of one that does not.
struct Secured {
    server: Postgres,
    folder: TempDir,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Secured {
    fn start() -> Self {
        let ours = authority();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &ours).unwrap();
        let server = Postgres::start().unwrap();
        server
            .secure(&certificate.pem(), &key.serialize_pem(), "guarded")
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ours.pem"), ours.pem()).unwrap();
        std::fs::write(folder.path().join("other.pem"), authority().pem()).unwrap();
        Self { server, folder }
    }

    fn url(&self, user: &str, host: &str, mode: &str, roots: &str) -> String {
        let port = self.server.port();
        let folder = self.folder.path().display();
        format!(
            "postgres://{user}@{host}:{port}/postgres?sslmode={mode}&sslrootcert={folder}/{roots}"
        )
    }

    async fn connect(&self, mode: &str, roots: &str) -> Result<bool, String> {
        encrypted(&self.url("guarded:secret", "127.0.0.1", mode, roots)).await
    }
}

async fn encrypted(url: &str) -> Result<bool, String> {
    let server = Server::parse(url).map_err(|error| error.to_string())?;
    let connected = server.connect().await;
    let mut conn = connected.map_err(|error| error.to_string())?;
    let query = "SELECT ssl AS encrypted FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let seen = diesel::sql_query(query).get_result::<Seen>(&mut conn).await;
    Ok(seen.unwrap().encrypted)
}

#[tokio::test]
async fn a_server_is_known_by_its_certificate() {
    let secured = tokio::task::spawn_blocking(Secured::start).await.unwrap();
    for mode in ["require", "verify-full"] {
        assert_eq!(secured.connect(mode, "ours.pem").await, Ok(true), "{mode}");
        let refused = secured.connect(mode, "other.pem").await.unwrap_err();
        assert!(refused.contains("invalid peer certificate"), "{refused}");
    }
    // Its certificate is for the address alone.
    let url = secured.url("guarded:secret", "localhost", "verify-full", "ours.pem");
    let refused = encrypted(&url).await.unwrap_err();
    assert!(refused.contains("not valid for name"), "{refused}");

    let port = secured.server.port();
    for parameters in ["", "?sslmode=disable", "?sslmode=prefer"] {
        let plain = format!("postgres://postgres@127.0.0.1:{port}/postgres{parameters}");
        assert_eq!(encrypted(&plain).await, Ok(false), "{parameters}");
    }
    let public = format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=require");
    for public in [public.clone(), format!("{public}&sslrootcert=system")] {
        let refused = encrypted(&public).await.unwrap_err();
        assert!(refused.contains("invalid peer certificate"), "{refused}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_where_it_has_to_be_known() {
    let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database).await;
    let url = format!("{}?sslmode=require", url.unwrap());
    let refused = encrypted(&url).await.unwrap_err();
    assert!(refused.contains("does not support TLS"), "{refused}");
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_passed_over() {
    let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database).await;
    let url = url.unwrap();
    let connect = async |url: &str| Server::parse(url).unwrap().connect().await;
    let mut conn = connect(&url).await.unwrap();
    // As one does that only follows another.
    let only_reads = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET \
        default_transaction_read_only = on', current_database()); END $$";
    diesel::sql_query(only_reads)
        .execute(&mut conn)
        .await
        .unwrap();
    let refused = connect(&url).await.err().unwrap().to_string();
    assert!(refused.contains("does not allow writes"), "{refused}");
    let any = format!("{url}?target_session_attrs=any");
    connect(&any).await.unwrap();
}

#[test]
fn an_address_keeps_what_it_says() {
    for (url, expected) in [
        ("postgres://db", "postgres://db?{OURS}"),
        (
            "postgres://a:b?c@one:1,two:2/db",
            "postgres://a:b?c@one:1,two:2/db?{OURS}",
        ),
        (
            "postgresql://db/x?sslmode=require&host=/run/pg&sslrootcert=/a%20b&tcp_user_timeout=60",
            "postgresql://db/x?{OURS}&host=/run/pg&tcp_user_timeout=60",
        ),
    ] {
        let taken = Parameters::take(url);
        assert_eq!(taken.url, expected.replace("{OURS}", OURS));
        let tls = taken.mode.zip(taken.roots);
        let stated = ("require".to_owned(), "/a b".to_owned());
        assert_eq!(tls, url.contains("sslmode").then_some(stated));
    }
}

#[test]
fn an_address_that_protects_less_than_it_says_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.pem"), "nothing").unwrap();
    let empty = folder.path().join("empty.pem");
    let missing = folder.path().join("missing.pem");
    for (parameters, expected) in [
        ("sslmode=allow".to_owned(), "`sslmode` is"),
        ("sslmode=verify-ca".to_owned(), "`sslmode` is"),
        ("sslrootcert=system".to_owned(), "add it"),
        (
            format!("sslmode=require&sslrootcert={}", empty.display()),
            "no certificate in",
        ),
        (
            format!("sslmode=require&sslrootcert={}", missing.display()),
            "cannot be read",
        ),
        ("sslnegotiation=direct".to_owned(), "add it"),
        ("ssl%6Dode=require".to_owned(), "not understood"),
        ("ssl%72ootcert=system".to_owned(), "not understood"),
        ("hunter2=x".to_owned(), "not understood"),
    ] {
        let url = format!("postgres://boss:hunter2@db/x?{parameters}");
        let error = Server::parse(&url).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn what_an_odd_address_hides_is_neither_lost_nor_told() {
    for url in [
        "postgres://db/x?password=hunter2&sslmode=require&application_name=gw@one",
        "postgres://boss:p@hunter2?word@db/x?sslmode=require",
        "postgres://boss:p@ss?hunter2@db/x",
    ] {
        let error = Server::parse(url).err().unwrap();
        assert!(matches!(error, AddressError::Form), "{url}: {error}");
    }
    for (url, shown) in [
        ("postgres://boss:12/hunter2@db/x", "`db/x`"),
        ("postgres://boss:pw@one:1,two:2/x", "`one,two/x`"),
        ("postgresql:///x?host=/run/pg", "`/run/pg/x`"),
    ] {
        assert_eq!(Server::parse(url).unwrap().shown(), shown);
    }
}
