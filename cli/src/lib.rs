//! What the `veilpass` command is made of. A library too, so that the end-to-end tests drive the same development stack
//! as the demo.

pub mod bench;
pub mod circuits;
pub mod client;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod fuzz;
pub mod generate;
pub mod holders;
pub mod operator;
pub mod publish;
pub mod stack;
pub mod supply_chain;
pub mod test;
