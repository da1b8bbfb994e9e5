//! Reads of memories: against a memory that is simulated word by word and cell by cell, and the laws that they obey.

mod costs;
mod detectors;
mod fits;
mod in_place;
mod killi;
mod lines;
mod oracle;
mod rates;
mod regions;
mod repair;
mod sampled;
mod scene;
