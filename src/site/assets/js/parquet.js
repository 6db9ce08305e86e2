// Decodes a whole Parquet file that lies in memory: flat columns of numbers and one of times.
import { readColumn } from '../lib/hyparquet/column.js';
import { DEFAULT_PARSERS } from '../lib/hyparquet/convert.js';
import { parquetMetadata } from '../lib/hyparquet/metadata.js';
import { getSchemaPath } from '../lib/hyparquet/schema.js';

// Times become seconds since 1970, what uPlot counts in.
const parsers = {
  ...DEFAULT_PARSERS,
  timestampFromMilliseconds: (v) => Number(v) / 1e3,
  timestampFromMicroseconds: (v) => Number(v) / 1e6,
  timestampFromNanoseconds: (v) => Number(v) / 1e9,
};

/**
 * @param {ArrayBuffer} file
 * @returns {{rows: number, columns: Map<string, ArrayLike<number|null>>}} columns by name, nulls as null
 */
export function decode(file) {
  const metadata = parquetMetadata(file, { geoparquet: false });
  const columns = new Map();
  let rows = 0;
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    for (const { meta_data: chunk } of group.columns) {
      const schemaPath = getSchemaPath(metadata.schema, chunk.path_in_schema);
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const view = new DataView(file, start, Number(chunk.total_compressed_size));
      const decoder = { ...chunk, pathInSchema: chunk.path_in_schema, schemaPath, parsers, element: schemaPath.at(-1).element };
      const { data } = readColumn({ view, offset: 0 }, { groupStart: 0, selectStart: 0, selectEnd: count }, decoder);
      const name = chunk.path_in_schema.join('.');
      const before = columns.get(name) ?? [];
      columns.set(name, data.length === 1 && !before.length ? data[0] : before.concat(...data.map((d) => Array.from(d))));
    }
    rows += count;
  }
  return { rows, columns };
}
