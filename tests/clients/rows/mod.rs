//! What can happen to a stream, one column of the table each.

mod cuts;
mod ends;

use crate::app::Settings;
use crate::cell::Script;
use crate::cell::Step::{Fail, Quiet, Send, Shown, Stay};
use crate::visit::{Outcome, Visit};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    Finished,
    Endless,
    Refused,
    Broken,
    Overload,
    ErrorOfServer,
    ErrorOfClient,
    MaxDuration,
    Shutdown,
    Lost,
    Early,
    Gap,
    Restart,
    KeepAlive,
    Compressed,
    Proxied,
}

use Row::{
    Broken, Compressed, Early, Endless, ErrorOfClient, ErrorOfServer, Finished, Gap, KeepAlive,
    Lost, MaxDuration, Overload, Proxied, Refused, Restart, Shutdown,
};

impl Row {
    pub(crate) const ALL: [Self; 16] = [
        Finished,
        Endless,
        Refused,
        Broken,
        Overload,
        ErrorOfServer,
        ErrorOfClient,
        MaxDuration,
        Shutdown,
        Lost,
        Early,
        Gap,
        Restart,
        KeepAlive,
        Compressed,
        Proxied,
    ];

    /// The head of its column.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Finished => "finished",
            Endless => "endless",
            Refused => "4xx first",
            Broken => "5xx first",
            Overload => "overload",
            ErrorOfServer => "5xx later",
            ErrorOfClient => "4xx later",
            MaxDuration => "`max_duration`",
            Shutdown => "shutdown",
            Lost => "lost",
            Early => "lost early",
            Gap => "gap",
            Restart => "restart",
            KeepAlive => "silence",
            Compressed => "compressed",
            Proxied => "proxy",
        }
    }

    /// The first part of the path.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Overload => "threads",
            MaxDuration | Shutdown | Lost | Early | Gap | Restart => "log",
            _ => "runs",
        }
    }

    /// The configuration of its server.
    pub(crate) fn settings(self) -> Settings {
        match self {
            Overload => &[("stream.max_blocking", "1")],
            MaxDuration => &[("stream.max_duration", "300ms")],
            Shutdown => &[("server.drain", "0s")],
            KeepAlive => &[("stream.keep_alive", "50ms")],
            Compressed => &[("stream.compression", "fastest")],
            _ => &[],
        }
    }

    pub(crate) fn script(self) -> Script {
        match self {
            Endless | Compressed | Proxied => {
                |_| &[Send, Shown, Send, Shown, Send, Shown, Send, Shown, Send, Shown, Stay]
            }
            Refused => |_| &[Fail(404)],
            Broken => |run| if run == 1 { &[Fail(500)] } else { &[Send, Send, Send] },
            ErrorOfServer => |run| if run == 1 { &[Send, Shown, Fail(500)] } else { &[Send] },
            ErrorOfClient => |_| &[Send, Shown, Fail(409)],
            KeepAlive => |_| &[Send, Shown, Quiet, Send, Shown, Stay],
            // Those of a log have none.
            _ => |_| &[Send, Send, Send],
        }
    }

    /// Lets it happen to a client, and says what came of it.
    pub(crate) async fn judge(self, visit: &mut Visit) -> Outcome {
        let judged = match self {
            Finished => ends::finished(visit, self).await,
            Endless | Proxied => ends::endless(visit).await,
            Refused | ErrorOfClient => ends::refused(visit, self).await,
            Broken => ends::broken(visit, &[1, 2, 3]).await,
            ErrorOfServer => ends::broken(visit, &[1, 2]).await,
            Overload => ends::overload(visit).await,
            KeepAlive => ends::keep_alive(visit).await,
            Compressed => ends::compressed(visit).await,
            MaxDuration => cuts::max_duration(visit).await,
            Shutdown => cuts::shutdown(visit).await,
            Lost => cuts::lost(visit).await,
            Early => cuts::lost_early(visit).await,
            Gap => cuts::gap(visit).await,
            Restart => cuts::restart(visit).await,
        };
        judged.unwrap_or_else(|outcome| outcome)
    }
}
