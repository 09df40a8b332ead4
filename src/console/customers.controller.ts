import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Customer } from '../customers/customer.js';
import { FindCustomer } from './queries/find-customer.query.js';
import { customerParams, noParameters } from './request-schemas.js';
import { customer } from './response-schemas.js';

@ApiTags('customers')
@Controller('api/customers')
export class CustomersController {
  constructor(private readonly queries: QueryBus) {}

  @Get(':id')
  @ApiOperation({ summary: 'A customer; the id is the sensor id' })
  @ApiResponse({ status: 200, standardSchema: customer })
  find(
    @Param({ schema: customerParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
  ): Promise<Customer> {
    return this.queries.execute<FindCustomer, Customer>(new FindCustomer(id));
  }
}
