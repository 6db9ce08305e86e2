#include "pond/tinyfs_memory.h"

#include "conformance.h"

namespace pond::tinyfs {
namespace {

class MemoryStorage : public Storage {
 public:
  std::shared_ptr<Backend> open() override { return std::make_shared<MemoryBackend>(); }
};

const auto kMemory =
    testing::Values(StorageMaker{"Backend", [] { return std::make_unique<MemoryStorage>(); }});

INSTANTIATE_TEST_SUITE_P(Memory, Conformance, kMemory, storage_name);
INSTANTIATE_TEST_SUITE_P(Memory, GlobConformance, kMemory, storage_name);
INSTANTIATE_TEST_SUITE_P(Memory, PersistenceConformance, kMemory, storage_name);

TEST(MemoryBackend, HandlesOutliveIt) {
  std::optional<WD> root;
  NodePtr file;
  {
    FS fs(std::make_shared<MemoryBackend>());
    Transaction txn = fs.begin();
    const NodePath made = fs.root().create_file("/f", Kind::Data);
    made.as_file().write("still here");
    file = made.node();
    root = fs.root();
    txn.commit();
  }
  EXPECT_EQ(root->get("/f").name(), "f");
  EXPECT_EQ(read_all(*dynamic_cast<File&>(*file).open()), "still here");
}

TEST(MemoryBackend, HandlesOfRestoredNodesAreVoid) {
  FS fs(std::make_shared<MemoryBackend>());
  Transaction txn = fs.begin();
  const NodePath made = fs.root().create_file("/f", Kind::Data);
  txn.restore();
  EXPECT_EQ(error_code([&] { made.info(); }), "NotFound");
}

TEST(MemoryBackend, NodesOfAnotherFilesystemAreRefused) {
  FS fs(std::make_shared<MemoryBackend>());
  FS other(std::make_shared<MemoryBackend>());
  Transaction theirs = other.begin();
  const NodePath foreign = other.root().create_file("/f", Kind::Data);
  Transaction ours = fs.begin();
  EXPECT_EQ(error_code([&] { fs.root().get("/").as_directory().insert("f", foreign.node()); }),
            "InvalidArgument");
}

}  // namespace
}  // namespace pond::tinyfs
