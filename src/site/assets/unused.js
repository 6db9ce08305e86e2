// In place of the parts of hyparquet that tiles of numbers and times never reach: geography and variants.
const never = () => { throw new Error('not a type that tiles hold'); };
export const wkbToGeojson = never;
export const decodeVariantColumn = never;
export const markGeoColumns = () => {};
