#include <fstream>
#include <thread>

#include "delta_test_support.h"

namespace pond::delta {
namespace {

namespace fs = std::filesystem;

using LocalStore = DeltaTest;

TEST_F(LocalStore, PutsAndReads) {
  const auto s = store();
  s->put("a/b/c", "hello");
  s->put("a/b/c", "hello again");
  EXPECT_EQ(s->read("a/b/c"), "hello again");
  EXPECT_EQ(s->read_range("a/b/c", 6, 3), "aga");
  EXPECT_EQ(s->read_range("a/b/c", 6, 100), "again");
  EXPECT_EQ(s->read_range("a/b/c", 100, 1), "");
  EXPECT_EQ(s->head("a/b/c")->size, 11u);
  EXPECT_EQ(s->head("a/b"), std::nullopt) << "a directory is no object";
  EXPECT_EQ(s->head("a/b/c/d"), std::nullopt);
  EXPECT_EQ(s->local_path("a/b/c"), root / "a/b/c");
  EXPECT_EQ(s->describe(), root.string());
  s->remove("a/b/c");
  s->remove("a/b/c");
  EXPECT_EQ(error_of([&] { s->read("a/b/c"); }),
            "NotFound: cannot open " + (root / "a/b/c").string() + ": No such file or directory");
}

TEST_F(LocalStore, PutIfAbsentDoesNotReplace) {
  const auto s = store();
  EXPECT_TRUE(s->put_if_absent("d/k", "first"));
  EXPECT_FALSE(s->put_if_absent("d/k", "second"));
  EXPECT_EQ(s->read("d/k"), "first");
  EXPECT_EQ(std::distance(fs::directory_iterator(root / "d"), fs::directory_iterator()), 1)
      << "no temporary file is left";
}

TEST_F(LocalStore, ListsOneLevelOfAPrefixSorted) {
  const auto s = store();
  for (const char* key : {"d/b2", "d/a", "d/b1", "d/b/x", "e", "d/.tmp-1"})
    s->put(key, "");
  const auto keys = [&](const std::string& prefix) {
    std::vector<std::string> result;
    for (const auto& object : s->list(prefix))
      result.push_back(object.key);
    return result;
  };
  EXPECT_EQ(keys("d/"), (std::vector<std::string>{"d/a", "d/b1", "d/b2"}));
  EXPECT_EQ(keys("d/b"), (std::vector<std::string>{"d/b1", "d/b2"}));
  EXPECT_EQ(keys(""), (std::vector<std::string>{"e"}));
  EXPECT_TRUE(keys("nothing/").empty());
}

TEST_F(LocalStore, WritesManyThenSyncsTheirNames) {
  const auto s = store();
  s->put_unsynced_name("p=1/q=2/one", "1");
  s->put_unsynced_name("p=1/q=3/two", "2");
  s->sync_names({"p=1/q=2/one", "p=1/q=3/two"});
  EXPECT_EQ(s->read("p=1/q=3/two"), "2");
  EXPECT_EQ(error_of([&] { s->put_unsynced_name("p=1/q=2/one", "x"); }),
            "AlreadyExists: cannot create " + (root / "p=1/q=2/one").string() + ": File exists");
  EXPECT_EQ(s->read("p=1/q=2/one"), "1");
}

TEST_F(LocalStore, KeysStayInside) {
  const auto s = store();
  for (const char* key : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a"}) {
    EXPECT_EQ(error_of([&] { s->read(key); }),
              "InvalidArgument: not an object key: '" + std::string(key) + "'");
  }
}

TEST_F(LocalStore, OneOfManyWinsARace) {
  std::atomic<int> wins = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto s = store();
      for (int k = 0; k < 20; ++k)
        wins += s->put_if_absent("k" + std::to_string(k), std::to_string(i));
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(wins, 20);
}

}  // namespace
}  // namespace pond::delta
