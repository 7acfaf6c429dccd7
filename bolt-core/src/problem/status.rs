//! `ErrorStatus`: a status code that can only be an error.

use std::fmt;

use axum::http::StatusCode;

/// An HTTP status of 400 to 599: what a [`Problem`](crate::Problem) may carry.
///
/// ```
/// use bolt::ErrorStatus;
/// use bolt::axum::http::StatusCode;
///
/// assert_eq!(ErrorStatus::NOT_FOUND.as_u16(), 404);
/// assert!(ErrorStatus::try_from(StatusCode::OK).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorStatus(StatusCode);

macro_rules! known {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("[`StatusCode::", stringify!($name), "`].")]
            pub const $name: Self = Self(StatusCode::$name);
        )*
    };
}

impl ErrorStatus {
    known! {
        BAD_REQUEST UNAUTHORIZED PAYMENT_REQUIRED FORBIDDEN NOT_FOUND METHOD_NOT_ALLOWED NOT_ACCEPTABLE
        REQUEST_TIMEOUT CONFLICT GONE PRECONDITION_FAILED PAYLOAD_TOO_LARGE UNSUPPORTED_MEDIA_TYPE
        UNPROCESSABLE_ENTITY LOCKED PRECONDITION_REQUIRED TOO_MANY_REQUESTS UNAVAILABLE_FOR_LEGAL_REASONS
        INTERNAL_SERVER_ERROR NOT_IMPLEMENTED BAD_GATEWAY SERVICE_UNAVAILABLE GATEWAY_TIMEOUT
    }

    /// The code as a number, 400 to 599.
    #[must_use]
    pub fn as_u16(self) -> u16 {
        self.0.as_u16()
    }

    /// Whether the server is at fault (500 to 599) rather than the request.
    #[must_use]
    pub fn is_server_error(self) -> bool {
        self.0.is_server_error()
    }

    /// The standard phrase for this code, such as `Not Found`; `Error` for one without a phrase.
    #[must_use]
    pub fn reason(self) -> &'static str {
        self.0.canonical_reason().unwrap_or("Error")
    }
}

/// A status code that is not an error was used as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnError(StatusCode);

impl fmt::Display for NotAnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {} is not an error: a problem needs 400 to 599", self.0.as_u16())
    }
}

impl std::error::Error for NotAnError {}

impl TryFrom<StatusCode> for ErrorStatus {
    type Error = NotAnError;

    fn try_from(code: StatusCode) -> Result<Self, NotAnError> {
        if code.is_client_error() || code.is_server_error() {
            Ok(Self(code))
        } else {
            Err(NotAnError(code))
        }
    }
}

impl From<ErrorStatus> for StatusCode {
    fn from(status: ErrorStatus) -> Self {
        status.0
    }
}
