#include "delta/deletion_vector.h"

#include <roaring/roaring.h>

#include <fstream>
#include <numeric>

#include "delta/actions_json.h"
#include "delta/z85.h"
#include "delta_test_support.h"

namespace pond::delta {
namespace {

using Rows = std::vector<std::int64_t>;

// PROTOCOL.md#json-example-3--inline
const DeletionVector kInline{"i", "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", {}, 40, 6};

class VectorTest : public DeltaTest {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << bytes;
    return (root / name).string();
  }
  std::string error(const DeletionVector& vector) const {
    return error_of([&] { deleted_rows(*store(), vector); });
  }
};

std::string little_endian(std::uint64_t number, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i, number >>= 8)
    bytes += static_cast<char>(number & 0xff);
  return bytes;
}

// A bucket of the 64-bit format: its key and a 32-bit bitmap.
std::string bucket(std::uint32_t key, const std::vector<std::uint32_t>& rows, bool runs) {
  roaring_bitmap_t* bitmap = roaring_bitmap_of_ptr(rows.size(), rows.data());
  if (runs) roaring_bitmap_run_optimize(bitmap);
  std::string bytes(roaring_bitmap_portable_size_in_bytes(bitmap), '\0');
  roaring_bitmap_portable_serialize(bitmap, bytes.data());
  roaring_bitmap_free(bitmap);
  return little_endian(key, 4) + bytes;
}

std::string bitmap_array(const std::vector<std::string>& buckets) {
  std::string bytes = little_endian(1681511377, 4) + little_endian(buckets.size(), 8);
  for (const auto& b : buckets)
    bytes += b;
  return bytes;
}

TEST_F(VectorTest, TheExampleOfTheProtocolInline) {
  EXPECT_EQ(deleted_rows(*store(), kInline), (Rows{3, 4, 7, 11, 18, 29}));
  // The same rows as the protocol's text describes them.
  const DeletionVector portable{
      "i", "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", {}, 44, 6};
  EXPECT_EQ(deleted_rows(*store(), portable), (Rows{3, 4, 7, 11, 18, 29}));
}

TEST_F(VectorTest, TheExampleOfTheProtocolInAFile) {
  const DeletionVector vector{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  EXPECT_EQ(vector.unique_id(), "uab^-aqEH.-t@S}K{vb[*k^@4");
  const std::string name = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
  EXPECT_EQ(vector_path(vector), name);
  const std::string data = z85_decode(kInline.path_or_inline)->substr(0, 40);
  const std::string file = std::string("\x01...", 4) + std::string("\0\0\0\x28", 4) + data;
  const std::string path = write(name, file + std::string("\x05\x99\xc9\xdf", 4));
  EXPECT_EQ(deleted_rows(*store(), vector), (Rows{3, 4, 7, 11, 18, 29}));
  // The same by its absolute path.
  for (const std::string& text : {path, "file://" + path, "file:" + path}) {
    EXPECT_EQ(deleted_rows(*store(), {"p", text, 4, 40, 6}).size(), 6u) << text;
  }

  EXPECT_EQ(error({"u", vector.path_or_inline, 4, 40, 5}),
            "Corrupt: " + path + ": the bitmap is damaged, or of more rows than the log says");
  EXPECT_EQ(error({"u", vector.path_or_inline, 4, 40, 7}),
            "Corrupt: " + path + ": 6 rows, not 7 as the log says");
  EXPECT_EQ(error({"u", vector.path_or_inline, 4, 39, 6}),
            "Corrupt: " + path + ": its size is not what the log says");
  write(name, file + "abcd");
  EXPECT_EQ(error(vector), "Corrupt: " + path + ": the checksum is wrong");
  write(name, file.substr(0, 30));
  EXPECT_EQ(error(vector), "Corrupt: " + path + ": the file ends before the deletion vector does");
  std::filesystem::remove(path);
  EXPECT_TRUE(error(vector).starts_with("NotFound: ")) << error(vector);
}

TEST_F(VectorTest, NamesThatAreNone) {
  EXPECT_EQ(error({"u", "short", 4, 40, 6}), "Corrupt: no deletion vector is named 'ushort@4'");
  EXPECT_EQ(error({"x", "^-aqEH.-t@S}K{vb[*k^", 4, 40, 6}),
            "Corrupt: no deletion vector is named 'x^-aqEH.-t@S}K{vb[*k^@4'");
  EXPECT_EQ(error({"u", "../..^-aqEH.-t@S}K{vb[*k^", {}, 40, 6}),
            "Corrupt: the deletion vector '../..^-aqEH.-t@S}K{vb[*k^' leaves the table");
  EXPECT_EQ(error({"p", "s3://b/v.bin", 4, 40, 6}),
            "Unsupported: the deletion vector s3://b/v.bin is on another store");
  EXPECT_EQ(error({"i", "~~~~~", {}, 4, 6}),
            "Corrupt: " + root.string() + ": an inline deletion vector: not Z85");
}

TEST(Bitmap, OfEveryKindOfContainer) {
  std::vector<std::uint32_t> scattered;  // more than 4096 in a block: a bitmap
  for (std::uint32_t i = 0; i < 5000; ++i)
    scattered.push_back(65536 + i * 3);
  std::vector<std::uint32_t> run(40000);
  std::iota(run.begin(), run.end(), 200000U);
  std::vector<std::uint32_t> all{0, 7};
  all.insert(all.end(), scattered.begin(), scattered.end());
  all.insert(all.end(), run.begin(), run.end());
  Rows expected(all.begin(), all.end());
  expected.push_back((std::int64_t{2} << 32) + 5);
  for (const bool runs : {false, true}) {
    const std::string bytes = bitmap_array({bucket(0, all, runs), bucket(2, {5}, runs)});
    EXPECT_EQ(rows_in_bitmap(bytes, 45003, "v"), expected);
    // Whatever is cut off or flipped: an error, or rows in order.
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 16) {
      EXPECT_TRUE(error_of([&] {
                    rows_in_bitmap(bytes.substr(0, size), 45003, "v");
                  }).starts_with("Corrupt: v: "))
          << size;
    }
    for (std::size_t i = 0; i < bytes.size(); i += 1 + i / 64) {
      std::string bad = bytes;
      bad[i] = static_cast<char>(bad[i] ^ 0x81);
      try {
        const Rows rows = rows_in_bitmap(bad, 45003, "v");
        EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Corrupt);
      }
    }
  }
}

TEST(Bitmap, EmptyAndWrong) {
  EXPECT_EQ(rows_in_bitmap(bitmap_array({}), 0, "v"), Rows{});
  EXPECT_EQ(error_of([] { rows_in_bitmap("PAR1PAR1PAR1", 0, "v"); }),
            "Corrupt: v: not a RoaringBitmapArray");
  EXPECT_EQ(
      error_of([] { rows_in_bitmap(bitmap_array({bucket(0x80000000, {1}, false)}), 1, "v"); }),
      "Corrupt: v: a row below zero");
  EXPECT_EQ(error_of([] {
              rows_in_bitmap(bitmap_array({bucket(1, {1}, false), bucket(0, {1}, false)}), 2, "v");
            }),
            "Corrupt: v: the bitmap is damaged, or of more rows than the log says");
}

TEST(Z85, IsThatOfTheRfc) {
  EXPECT_EQ(z85_encode("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B"), "HelloWorld");
  EXPECT_EQ(z85_decode("HelloWorld"), "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B");
  EXPECT_EQ(z85_decode(z85_encode("a")), std::string("a\0\0\0", 4));
  EXPECT_EQ(z85_decode("Hell"), std::nullopt);
  EXPECT_EQ(z85_decode("Hell~"), std::nullopt);
  EXPECT_EQ(z85_decode("#####"), std::nullopt) << "more than 32 bits";
  EXPECT_EQ(z85_decode(""), "");
}

// --- in the log
// --------------------------------------------------------------------------------------------

AddFile with_vector(const DeletionVector& vector) {
  AddFile add = add_of("a", "1.parquet");
  add.deletion_vector = vector;
  return add;
}

RemoveFile removal_of(const AddFile& add) {
  RemoveFile remove = remove_of(add, 4'000'000'000'000);
  remove.deletion_vector = add.deletion_vector;
  return remove;
}

class VectorLogTest : public DeltaTest {
 protected:
  // A foreign writer's log: `entries` after the table's first.
  Snapshot after(const std::vector<std::vector<Action>>& entries) const {
    write_log("00000000000000000000.json",
              to_json_lines({Protocol{3, 7, {"deletionVectors"}, {"deletionVectors"}},
                             metadata_partitioned_by_part(), add_of("a", "1.parquet")}));
    for (std::size_t i = 0; i < entries.size(); ++i)
      write_log("0000000000000000000" + std::to_string(i + 1) + ".json", to_json_lines(entries[i]));
    return Table::open(store()).snapshot();
  }
  const AddFile none = add_of("a", "1.parquet");
  const AddFile first = with_vector({"i", "first", {}, 1, 1});
  const AddFile second = with_vector({"u", "second", 1, 1, 2});
};

TEST_F(VectorLogTest, AFileAndAVectorAreALogicalFile) {
  // In one commit the order of the two actions means nothing.
  for (const auto& entries :
       {std::vector<std::vector<Action>>{{removal_of(none), first}, {removal_of(first), second}},
        {{first, removal_of(none)}, {second, removal_of(first)}}}) {
    const Snapshot s = after(entries);
    ASSERT_EQ(s.files().size(), 1u);
    EXPECT_EQ(s.files()[0].deletion_vector, second.deletion_vector);
    ASSERT_EQ(s.tombstones().size(), 2u) << "one for each logical file";
    EXPECT_EQ(s.tombstones()[0].deletion_vector, std::nullopt);
    EXPECT_EQ(s.tombstones()[1].deletion_vector, first.deletion_vector);
  }
  EXPECT_TRUE(after({{removal_of(none), first}, {removal_of(first)}}).files().empty());
  // Restored as it was before.
  const Snapshot back = after({{removal_of(none), first}, {removal_of(first), none}});
  ASSERT_EQ(back.files().size(), 1u);
  EXPECT_EQ(back.files()[0].deletion_vector, std::nullopt);
  EXPECT_EQ(back.tombstones().size(), 1u);
}

TEST_F(VectorLogTest, ACheckpointKeepsVectorsAndRowIds) {
  AddFile tracked = second;
  tracked.base_row_id = 40;
  tracked.default_row_commit_version = 2;
  tracked.clustering_provider = "liquid";
  tracked.stats = R"({"numRecords":9})";
  RemoveFile gone = removal_of(first);
  gone.base_row_id = 40;
  gone.default_row_commit_version = 1;
  const Snapshot before = after({{removal_of(none), first}, {gone, tracked}});
  Table table = Table::open(store());
  table.checkpoint(before);
  for (const char* entry : {"0", "1", "2"})
    remove_log("0000000000000000000" + std::string(entry) + ".json");
  const Snapshot s = Table::open(store()).snapshot();
  tracked.data_change = false;
  gone.data_change = false;
  ASSERT_EQ(s.files().size(), 1u);
  EXPECT_EQ(to_json_lines({s.files()[0]}), to_json_lines({tracked}));
  ASSERT_EQ(s.tombstones().size(), 2u);
  EXPECT_EQ(to_json_lines({s.tombstones()[1]}), to_json_lines({gone}));
}

TEST_F(VectorLogTest, AWriterKeepsThem) {
  const Snapshot base = after({{removal_of(none), first}});
  Table table = Table::open(store());
  const auto error = [&](const Action& action) {
    return error_of([&] { commit(table, base, {action}); });
  };
  EXPECT_EQ(error(second), "InvalidArgument: a new deletion vector for the file part=a/1.parquet");
  EXPECT_EQ(error(removal_of(none)),
            "InvalidArgument: the removal of part=a/1.parquet does not name its deletion vector");
  EXPECT_TRUE(commit(table, base, {removal_of(first)}).files().empty());
}

}  // namespace
}  // namespace pond::delta
