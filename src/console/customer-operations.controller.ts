import { Body, Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow } from './access.decorator.js';
import { EraseCustomer } from './commands/erase-customer.command.js';
import { SaveCustomers } from './commands/save-customers.command.js';
import { customerParams, customersToSave, noBody, noParameters, type CustomersToSave } from './request-schemas.js';
import { affected } from './response-schemas.js';

/** What the command line does to the customer table while the process runs. */
@ApiTags('operations')
@Controller('api/operations/customers')
export class CustomerOperationsController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Allow('administrator')
  @HttpCode(200)
  @ApiOperation({ summary: 'Insert or overwrite customers; answers how many there are then' })
  @ApiResponse({ status: 200, standardSchema: affected })
  async save(
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: customersToSave }) { customers }: CustomersToSave,
  ): Promise<{ count: number }> {
    return { count: await this.commands.execute<SaveCustomers, number>(new SaveCustomers(customers)) };
  }

  @Post(':id/erase')
  @Allow('administrator')
  @HttpCode(200)
  @ApiOperation({ summary: 'Erase all that is stored of a customer; answers how many there were, 1 or 0' })
  @ApiResponse({ status: 200, standardSchema: affected })
  async erase(
    @Param({ schema: customerParams }) { id }: { id: number },
    @Query({ schema: noParameters }) _none: object,
    @Body({ schema: noBody }) _body: object,
  ): Promise<{ count: number }> {
    return { count: (await this.commands.execute<EraseCustomer, boolean>(new EraseCustomer(id))) ? 1 : 0 };
  }
}
