//! Guesses of somebody who is signed in, perhaps with a session that is not theirs: slowed as those
//! at sign-in are, and counted apart from them, so that neither makes the other wait.

use tollgate_policy::id::MemberId;
use tollgate_store::attempt::{Attempt, Attempted};
use tollgate_store::digest::Purpose;

use crate::context::Context;
use crate::error::AdminError;

/// A guess that was counted, and is still to be judged.
pub(super) struct Guess {
    attempt: Attempt,
    member: MemberId,
    count: i64,
}

impl Guess {
    /// Counts a guess of the member who acts.
    ///
    /// # Errors
    /// Where there were too many.
    pub(super) async fn begin(context: &Context, member: MemberId) -> Result<Self, AdminError> {
        let store = context.store();
        let attempt = Attempt {
            login: store.digest(Purpose::Proof, &member.to_string()),
            address: store.digest(Purpose::Proof, &format!("from {}", context.actor().origin)),
        };
        match store.sign_in_attempt(attempt, context.now()).await? {
            Attempted::Counted(count) => Ok(Self {
                attempt,
                member,
                count,
            }),
            Attempted::TooEarly(wait) => Err(AdminError::too_many(wait)),
        }
    }

    /// Lets go of what was counted.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub(super) async fn right(self, context: &Context) -> Result<(), AdminError> {
        Ok(context.store().sign_in_passed(self.attempt).await?)
    }

    /// Notes the 1st, 2nd, 4th and so on in the audit log, and says what is wrong.
    pub(super) async fn wrong(
        self,
        context: &Context,
        field: &'static str,
        problem: &str,
    ) -> AdminError {
        if u64::try_from(self.count).is_ok_and(u64::is_power_of_two) {
            let (store, at) = (context.store(), context.now());
            let noted = store.sign_in_failed(context.actor(), self.member, self.count, at);
            if let Err(error) = noted.await {
                return error.into();
            }
        }
        AdminError::invalid(field, problem)
    }
}
