//! An async stream: what this machine is doing.

use std::time::Duration;

use bolt::prelude::*;
use sysinfo::System;

/// One look at the machine.
#[derive(Serialize, ToSchema)]
struct Sample {
    /// All cores together, 0 to 100.
    cpu_percent: f32,
    memory_used_bytes: u64,
    memory_total_bytes: u64,
}

/// This machine's CPU and memory, once a second, for as long as you watch.
#[stream(get, "/machine")]
pub(crate) async fn machine() -> Result<Sample, sysinfo::Error> {
    let mut system = System::new()?;
    loop {
        system.refresh_cpu_usage();
        system.refresh_memory();
        emit!(Sample {
            cpu_percent: system.global_cpu_usage(),
            memory_used_bytes: system.used_memory(),
            memory_total_bytes: system.total_memory(),
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
