use super::*;

fn account(raw: i64) -> AccountId {
    AccountId::from_raw(raw).unwrap()
}

fn member(role: Role) -> Caller {
    let id = MemberId::from_raw(1).unwrap();
    Caller::Member { id, role }
}

fn credential(role: Role, scope: ApiScope) -> Caller {
    let id = ApiCredentialId::from_raw(1).unwrap();
    let member = MemberId::from_raw(1).unwrap();
    Caller::Credential {
        id,
        member,
        role,
        scope,
    }
}

/// One line for each deed: owner, operator, auditor, member of the account, member of another one,
/// and then an owner's credentials of scope read, tokens and all.
const TABLE: &str = "
    ReadCatalog     own ope aud mem oth   read tokens all
    ReadUpstreams   own ope aud  .   .    read tokens all
    ChangeCatalog   own ope  .   .   .     .     .    all
    ReadTokens      own ope aud mem  .    read tokens all
    ChangeTokens    own ope  .  mem  .     .   tokens all
    RevealSecrets   own ope  .  mem  .     .   tokens all
    ReadAccounts    own ope aud mem  .    read tokens all
    ChangeAccounts  own ope  .   .   .     .     .    all
    ChangeMoney     own ope  .   .   .     .     .    all
    ReadUsage       own ope aud mem  .    read tokens all
    ReadAlerts      own ope aud  .   .    read tokens all
    ReadAudit       own ope aud  .   .    read tokens all
    ReadPeople      own ope aud  .   .    read tokens all
    ChangePeople    own  .   .   .   .     .     .     . 
    ReadSettings    own ope aud  .   .    read tokens all
    ChangeSettings  own  .   .   .   .     .     .    all
";

#[test]
fn each_role_may_do_what_the_table_says() {
    let lines: Vec<Vec<&str>> = TABLE
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|line: &Vec<&str>| !line.is_empty())
        .collect();
    assert_eq!(lines.len(), Deed::ALL.len());
    for (deed, line) in Deed::ALL.into_iter().zip(lines) {
        assert_eq!(format!("{deed:?}"), line[0]);
        // The catalog belongs to no account.
        let concerned = (deed != Deed::ReadCatalog).then(|| account(7));
        let callers = [
            member(Role::Owner),
            member(Role::Operator),
            member(Role::Auditor),
            member(Role::Member(account(7))),
            member(Role::Member(account(8))),
            credential(Role::Owner, ApiScope::Read),
            credential(Role::Owner, ApiScope::Tokens),
            credential(Role::Owner, ApiScope::All),
        ];
        assert_eq!(callers.len(), line.len() - 1);
        for (caller, mark) in callers.into_iter().zip(&line[1..]) {
            let permitted = may(&caller, deed, concerned).is_ok();
            assert_eq!(permitted, *mark != ".", "{caller}: {deed:?}");
        }
        assert!(may(&Caller::Machine, deed, concerned).is_ok());
        assert!(may(&Caller::Nobody, deed, concerned).is_err());
    }
}

#[test]
fn a_credential_may_never_do_more_than_its_member() {
    let accounts = [None, Some(account(7)), Some(account(8))];
    let roles = [
        Role::Owner,
        Role::Operator,
        Role::Auditor,
        Role::Member(account(7)),
    ];
    for role in roles {
        for scope in ApiScope::ALL {
            for deed in Deed::ALL {
                for one in accounts {
                    let program = may(&credential(role, scope), deed, one).is_ok();
                    assert!(!program || may(&member(role), deed, one).is_ok());
                }
            }
        }
    }
}

#[test]
fn a_refusal_says_who_may_not_do_what() {
    let refused = may(&member(Role::Auditor), Deed::ChangeMoney, None).unwrap_err();
    let text = "the role `auditor` may not give or take credits";
    assert_eq!(refused.to_string(), text);
}
