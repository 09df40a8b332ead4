import { BENCH_COMMAND, PRODUCT_OPTIONS } from './product-command.js';

it('`npm run bench` gives Node what `npm start` gives it', () => {
  expect(PRODUCT_OPTIONS).not.toEqual([]);
  expect(BENCH_COMMAND.split(' ')).toEqual(['node', ...PRODUCT_OPTIONS, '--import', 'tsx', 'bench/bench.ts']);
});
