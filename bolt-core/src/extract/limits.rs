//! `limits_of_all!`: the setters for what bounds a body whatever is in it.

macro_rules! limits_of_all {
    () => {
        /// Sets how many bytes the body may have, after decompression. Default: `request.max_body` (off).
        #[must_use]
        pub fn max_body(mut self, bytes: u64) -> Self {
            self.limits.max_body = Some(bytes);
            self
        }

        /// Sets how many times as large as it was sent a compressed body may be, above 1 MiB. Default:
        /// `request.max_ratio` (100).
        #[must_use]
        pub fn max_ratio(mut self, ratio: u64) -> Self {
            self.limits.max_ratio = Some(ratio);
            self
        }

        /// Sets how long the next bytes are waited for. Default: `request.idle_timeout` (60 s).
        /// [`Duration::MAX`](std::time::Duration::MAX) is without end.
        #[must_use]
        pub fn idle_timeout(mut self, limit: std::time::Duration) -> Self {
            self.limits.idle_timeout = Some(limit);
            self
        }

        /// Sets how long the body may take, from when it is first read. Default: `request.max_duration` (off).
        #[must_use]
        pub fn max_duration(mut self, limit: std::time::Duration) -> Self {
            self.limits.max_duration = Some(limit);
            self
        }
    };
}

pub(super) use limits_of_all;
