// What every tinyfs Backend must do, as tests. A backend takes them over by including this header
// in one file of its own test program, in namespace pond::tinyfs, and instantiating the suites with
// its Storage (see conformance/fixture.h):
//
//   const auto kMine = testing::Values(StorageMaker{"Local", [] { return
//   std::make_unique<MyStorage>(); }}); INSTANTIATE_TEST_SUITE_P(Mine, Conformance, kMine,
//   storage_name); INSTANTIATE_TEST_SUITE_P(Mine, GlobConformance, kMine, storage_name);
//   INSTANTIATE_TEST_SUITE_P(Mine, PersistenceConformance, kMine, storage_name);
#pragma once

// IWYU pragma: begin_exports
#include "conformance/directories.h"
#include "conformance/dynamic.h"
#include "conformance/files.h"
#include "conformance/fixture.h"
#include "conformance/globs.h"
#include "conformance/persistence.h"
#include "conformance/renames.h"
#include "conformance/symlinks.h"
#include "conformance/transactions.h"
// IWYU pragma: end_exports
