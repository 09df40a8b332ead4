import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { SaveCustomers } from './commands/save-customers.command.js';
import { customersToSave, noParameters, type CustomersToSave } from './request-schemas.js';
import { affected } from './response-schemas.js';

/** What the command line does to the customer table while the process runs. */
@ApiTags('operations')
@Controller('api/operations/customers')
export class CustomerOperationsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Insert or overwrite customers; answers how many there are then' })
  @ApiResponse({ status: 200, standardSchema: affected })
  async save(
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: customersToSave }) { customers }: CustomersToSave,
  ): Promise<{ count: number }> {
    return { count: await this.commands.execute<SaveCustomers, number>(new SaveCustomers(customers)) };
  }
}
