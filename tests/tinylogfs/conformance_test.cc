// The conformance suite of tinyfs, over a pond on disk.
#include "../tinyfs/conformance.h"

#include "oplog/inner.h"
#include "scene.h"

namespace pond::tinyfs {
namespace {

class PondStorage : public Storage {
 public:
  std::shared_ptr<Backend> open() override {
    if (std::filesystem::exists(directory_.path() / "pond"))
      return tinylogfs::OpLogBackend::open(directory_.path() / "pond");
    return tinylogfs::OpLogBackend::create(directory_.path() / "pond", {}, {.command = "test"});
  }
  bool persistent() const override { return true; }

  // Tables and series are Parquet here.
  std::string content(Kind kind, int n) const override {
    if (kind != Kind::Table && kind != Kind::Series) return Storage::content(kind, n);
    return oplog::encode_parquet(*tinylogfs::readings({n, n + 1}, {0.5 + n, 1.5 + n}));
  }

 private:
  tinylogfs::TemporaryDirectory directory_;
};

const auto kPond =
    testing::Values(StorageMaker{"Pond", [] { return std::make_unique<PondStorage>(); }});
INSTANTIATE_TEST_SUITE_P(TinyLogFS, Conformance, kPond, storage_name);
INSTANTIATE_TEST_SUITE_P(TinyLogFS, GlobConformance, kPond, storage_name);
INSTANTIATE_TEST_SUITE_P(TinyLogFS, PersistenceConformance, kPond, storage_name);

}  // namespace
}  // namespace pond::tinyfs
