//! The messages and the service of `proto/chaosgate/daemon/v1/daemon.proto`, generated at build time.
#![allow(clippy::all, missing_docs, reason = "generated code answers for itself")]

tonic::include_proto!("chaosgate.daemon.v1");
