// Compressed files, by URL and by their own bytes.
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>

#include "query/scene.h"

namespace pond::query {
namespace {

void write_compressed(const std::string& path, arrow::Compression::type type,
                      const std::string& bytes) {
  auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  auto file = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  auto out = arrow::io::CompressedOutputStream::Make(codec.get(), file).ValueOrDie();
  ASSERT_TRUE(out->Write(bytes).ok());
  ASSERT_TRUE(out->Close().ok());
}

struct Case {
  const char* word;
  const char* extension;
  arrow::Compression::type type;
};

class Compressed : public testing::TestWithParam<Case> {};

TEST_P(Compressed, CsvAndJson) {
  const Directory host;
  Session session(nullptr, {.host_directory = host.path(), .threads = 1});
  const std::string word = GetParam().word;
  const std::string csv = "a.csv" + std::string(GetParam().extension);
  const std::string json = "a.json" + std::string(GetParam().extension);
  write_compressed(host.file(csv), GetParam().type, "t,v\n1,2\n3,4\n");
  write_compressed(host.file(json), GetParam().type, "{\"t\": 5}\n");
  EXPECT_EQ(ask(session, "FROM 'host+csv+" + word + ":///" + csv + "'"), "t,v\n1,2\n3,4\n");
  EXPECT_EQ(ask(session, "FROM 'host+csv:///" + csv + "'"), "t,v\n1,2\n3,4\n");
  EXPECT_EQ(ask(session, "FROM 'host:///" + json + "'"), "t\n5\n");
}

TEST_P(Compressed, ABrokenRowIsFoundInside) {
  const Directory host;
  Session session(nullptr, {.host_directory = host.path(), .threads = 1});
  const std::string name = "a.csv" + std::string(GetParam().extension);
  write_compressed(host.file(name), GetParam().type, "t,v\n1,2\n3\n");
  EXPECT_EQ(error_of_query(session, "FROM 'host+csv:///" + name + "'"),
            "InvalidArgument: " + host.file(name) +
                ": line 3: expected 2 columns, found 1 | correct the line and try again");
}

INSTANTIATE_TEST_SUITE_P(, Compressed,
                         testing::Values(Case{"gzip", ".gz", arrow::Compression::GZIP},
                                         Case{"zstd", ".zst", arrow::Compression::ZSTD},
                                         Case{"bzip2", ".bz2", arrow::Compression::BZ2}),
                         [](const auto& made) { return made.param.word; });

TEST(CompressedUrl, NotAsTheUrlSays) {
  const Directory host;
  Session session(nullptr, {.host_directory = host.path(), .threads = 1});
  const auto path = host.write("a.csv", "t\n1\n");
  EXPECT_EQ(error_of_query(session, "FROM 'host+csv+gzip:///a.csv'"),
            "InvalidArgument: not compressed as the URL says: " + path +
                " | leave the compression out of the URL: it is found from the file");
}

}  // namespace
}  // namespace pond::query
