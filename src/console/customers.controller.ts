import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Customer } from '../customers/customer.js';
import { Allow } from './access.decorator.js';
import { FindCustomer } from './queries/find-customer.query.js';
import { NameCustomers } from './queries/name-customers.query.js';
import { customerListQuery, customerParams, noParameters, type CustomerListQuery } from './request-schemas.js';
import { customer, customerNames, type CustomerNames } from './response-schemas.js';

@ApiTags('customers')
@Controller('api/customers')
export class CustomersController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Allow('auditor')
  @ApiOperation({ summary: 'Names of up to 100 customers, as a list of their alarms needs them; unknown ones are left out' })
  @ApiResponse({ status: 200, standardSchema: customerNames })
  names(@Query({ schema: customerListQuery }) { ids }: CustomerListQuery): Promise<CustomerNames> {
    return this.queries.execute<NameCustomers, CustomerNames>(new NameCustomers(ids));
  }

  @Get(':id')
  @Allow('auditor')
  @ApiOperation({ summary: 'A customer; the id is the sensor id' })
  @ApiResponse({ status: 200, standardSchema: customer })
  find(
    @Param({ schema: customerParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
  ): Promise<Customer> {
    return this.queries.execute<FindCustomer, Customer>(new FindCustomer(id));
  }
}
