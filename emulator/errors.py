"""Every error of the service: code, HTTP status and text, each in one place.

A `Fault` is an entry of the list; raising one is `raise ServiceError(errors.TABLE_NOT_FOUND, table=name)`.
The gateway puts a `ServiceError` on the wire; operations whose answer lists failures may catch it too.
Any other exception is a bug of ours and shows as an InternalServerError.

Odd spacing and spelling inside the texts are the service's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MODELLED = "com.amazonaws.dynamodb.v20120810#"
_FRAMEWORK = "com.amazon.coral.service#"
_VALIDATION = "com.amazon.coral.validate#ValidationException"

ENVELOPE = "1 validation error detected: "


@dataclass(frozen=True, slots=True)
class Fault:
    """One error: its wire type, its text with `{parameters}`, and how the text is carried."""

    type: str
    text: str | None
    status: int = 400
    message_key: str = "message"


class ServiceError(Exception):
    """An answer of the service that is an error.

    `members` are further members of the error's body, such as the `Item` of a failed condition.
    """

    def __init__(self, fault: Fault, /, *, members: dict[str, Any] | None = None, **parameters: object) -> None:
        self.fault = fault
        self.message = None if fault.text is None else fault.text.format(**parameters)
        self.members = members or {}
        super().__init__(self.message or self.code)

    @property
    def code(self) -> str:
        """The short name that SDKs show, e.g. `ValidationException`."""
        return self.fault.type.rpartition("#")[2]

    def enveloped(self) -> ServiceError:
        """The same error as the single writes word it before they look at the table (values.md, 1)."""
        if self.fault.type != _VALIDATION or self.message is None or " detected: " in self.message[:40]:
            return self
        return ServiceError(VALIDATION, message=ENVELOPE + self.message)

    def prefixed(self, prefix: str, suffix: str = "") -> ServiceError:
        """The same validation error with text around it."""
        return ServiceError(VALIDATION, message=f"{prefix}{self.message}{suffix}")

    def body(self) -> dict[str, Any]:
        """The JSON body: `__type` first, then the message if there is one, then the other members."""
        body: dict[str, Any] = {"__type": self.fault.type}
        if self.message is not None:
            body[self.fault.message_key] = self.message
        body.update(self.members)
        return body


def _validation(text: str) -> Fault:
    return Fault(_VALIDATION, text)


def _invalid_parameter(text: str) -> Fault:
    return Fault(_VALIDATION, "One or more parameter values were invalid: " + text)


def _modelled(name: str, text: str, status: int = 400, key: str = "message") -> Fault:
    return Fault(_MODELLED + name, text, status, key)


def _framework(name: str, text: str | None, key: str = "message", status: int = 400) -> Fault:
    return Fault(_FRAMEWORK + name, text, status, key)


# --- Protocol ---------------------------------------------------------------------------------

SERIALIZATION = _framework("SerializationException", "{message}", "Message")
UNPARSABLE_BODY = _framework("SerializationException", None)
UNKNOWN_OPERATION = _framework("UnknownOperationException", None)
NOT_BUILT = _framework(
    "UnknownOperationException",
    "{operation} is no operation that this emulator has, which may be older than it; "
    "docs/compatibility.md lists what it has.",
)
MISSING_AUTHENTICATION = _framework("MissingAuthenticationTokenException", "Request is missing Authentication Token")
INTERNAL = _modelled("InternalServerError", "{message}", status=500)
BODY_UNDECODABLE = _modelled(
    "InternalServerError", "The request body does not decode by its Content-Encoding: {reason}", status=500
)
FILE_NOT_WRITTEN = _modelled(
    "InternalServerError",
    "The emulator could not write {file}: {reason}. Nothing of this request was carried out.",
    status=500,
)
MEMORY_CEILING = _modelled(
    "LimitExceededException",
    "The emulator's data takes about {used} bytes, and its memory ceiling is {ceiling}. "
    "Delete items or tables, or raise max_memory.",
)
TOO_MANY_CONNECTIONS = _framework(
    "ServiceUnavailableException",
    "All {limit} connections of the emulator's server are in use; close some or raise max_connections",
    status=503,
)
INTERNAL_FAILURE = _framework("InternalFailure", None, status=500)
"""The service's own answer to a few requests, kept as it is."""

VALIDATION = _validation("{message}")
"""For texts that are put together elsewhere out of this list's own parts."""

# --- Wrong JSON types (protocol.md 7); each is the message of a SerializationException -------------

NOT_CONVERTIBLE = "{token} cannot be converted to {type}"
NOT_CONVERTIBLE_TO_BYTES = "only base-64-encoded strings are convertible to bytes"
COLLECTION_UNEXPECTED = "Unrecognized collection type {type}"
STRUCTURE_UNEXPECTED = "Start of structure or map found where not expected"
FIELD_TYPE_UNEXPECTED = "Unexpected field type"
ELEMENT_TYPE_UNEXPECTED = "Unexpected value type in payload"
NESTED_GENERIC_UNEXPECTED = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base "
    "of loader 'bootstrap')"
)
TOKEN_UNEXPECTED = "Unexpected token received from parser"
BASE64_LENGTH = "Base64 encoded length is expected a multiple of 4 bytes but found: {length}"
BASE64_INVALID = "Invalid last non-pad Base64 character dectected"
TYPE_TAG_UNEXPECTED = "No assembly name on stack!"

# --- Constraints of the service model (protocol.md 8) ---------------------------------------------

ENVELOPE_OF_SEVERAL = "{count} validation errors detected: "
CONSTRAINT_FAILED = "Value {value} at '{path}' failed to satisfy constraint: {constraint}"
CONSTRAINT_FAILED_UNECHOED = "Value at '{path}' failed to satisfy constraint: {constraint}"
MEMBER_NULL = "Member must not be null"
MEMBER_TOO_SHORT = "Member must have length greater than or equal to {limit}"
MEMBER_TOO_LONG = "Member must have length less than or equal to {limit}"
MEMBER_TOO_SMALL = "Member must have value greater than or equal to {limit}"
MEMBER_TOO_LARGE = "Member must have value less than or equal to {limit}"
MEMBER_PATTERN = "Member must satisfy regular expression pattern: {pattern}"
MEMBER_ENUM = "Member must satisfy enum value set: [{values}]"
ELEMENTS_CONSTRAINED = "Member must satisfy constraint: [{constraints}]"
MAP_KEYS_CONSTRAINED = "Map keys must satisfy constraint: [{constraints}]"
MAP_VALUES_CONSTRAINED = "Map value must satisfy constraint: [{constraints}]"
RETURN_VALUES_ENUM = (
    "Failed to satisfy constraint: "
    "Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
)
CONDITIONAL_OPERATOR_ENUM = "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]"

# --- Finding things -----------------------------------------------------------------------------

RESOURCE_NOT_FOUND = _modelled("ResourceNotFoundException", "Requested resource not found")
TABLE_NOT_FOUND = _modelled("ResourceNotFoundException", "Requested resource not found: Table: {table} not found")
TABLE_EXISTS = _modelled("ResourceInUseException", "Table already exists: {table}")
INDEX_NOT_FOUND = _validation("The table does not have the specified index: {index}")
INDEX_BACKFILLING = _validation("Cannot read from backfilling global secondary index: {index}")

# --- Attribute values (values.md) ---------------------------------------------------------------

VALUE_EMPTY = _validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
VALUE_AMBIGUOUS = _validation(
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
EMPTY_ATTRIBUTE_NAME = _validation("Empty attribute name")
ATTRIBUTE_NAME_TOO_LONG = _validation("Attribute name is too large, must be less than 65536 bytes")
NULL_NOT_TRUE = _invalid_parameter("Null attribute value types must have the value of true")
NUMBER_INVALID = _validation("The parameter cannot be converted to a numeric value: {text}")
NUMBER_EMPTY_OLDER = _validation("The parameter cannot be converted to a numeric value")
NUMBER_OVERFLOW = _validation(
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
NUMBER_UNDERFLOW = _validation(
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
NUMBER_TOO_PRECISE = _validation("Attempting to store more than 38 significant digits in a Number")
EMPTY_STRING_SET = _invalid_parameter("An string set  may not be empty")
EMPTY_NUMBER_SET = _invalid_parameter("An number set  may not be empty")
EMPTY_BINARY_SET = _invalid_parameter("Binary sets should not be empty")
NULL_SET_MEMBER = _invalid_parameter("An {kind} set may not have a null {kind} as a member")
DUPLICATE_STRINGS = _invalid_parameter("Input collection [{listed}] contains duplicates.")
DUPLICATE_BINARIES = _invalid_parameter("Input collection [{listed}]of type BS contains duplicates.")
DUPLICATE_NUMBERS = _invalid_parameter("Input collection contains duplicates.")
DUPLICATE_NUMBERS_OLDER = _validation("Input collection contains duplicates")
NESTING_TOO_DEEP = _validation(
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
ITEM_TOO_LARGE = _validation("Item size has exceeded the maximum allowed size")
UPDATED_ITEM_TOO_LARGE = _validation("Item size to update has exceeded the maximum allowed size")

# --- Keys ---------------------------------------------------------------------------------------

KEY_SCHEMA_MISMATCH = _validation("The provided key element does not match the schema")
MISSING_KEY = _invalid_parameter("Missing the key {name} in the item")
KEY_TYPE_MISMATCH = _invalid_parameter("Type mismatch for key {name} expected: {expected} actual: {actual}")
EMPTY_KEY = _validation(
    "One or more parameter values are not valid. "
    "The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"
)
PARTITION_KEY_TOO_LONG = _invalid_parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes")
SORT_KEY_TOO_LONG = _invalid_parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
KEY_UPDATE = _invalid_parameter("Cannot update attribute {name}. This attribute is part of the key")
KEY_NOT_SCALAR = _validation(
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {role}: {name}"
)
INDEX_KEY_TYPE_MISMATCH = _invalid_parameter(
    "Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}"
)
EMPTY_INDEX_KEY = _validation(
    "One or more parameter values are not valid. "
    "A value specified for a secondary index key is not supported. "
    "The AttributeValue for a key attribute cannot contain an empty {kind} value. "
    "IndexName: {index}, IndexKey: {name}"
)
EMPTY_INDEX_KEY_UPDATE = _validation(
    "One or more parameter values are not valid. "
    "The update expression attempted to update a secondary index key to a value that is not supported. "
    "The AttributeValue for a key attribute cannot contain an empty {kind} value."
)
INDEX_KEY_UPDATE_TYPE = _validation(
    "The update expression attempted to update the secondary index key to unsupported type"
)
INDEX_KEY_UPDATE_SIZE = _validation(
    "The update expression attempted to update the secondary index key beyond allowed size limits"
)

# --- Conditions ---------------------------------------------------------------------------------

CONDITION_FAILED = _modelled("ConditionalCheckFailedException", "The conditional request failed")

# --- Request parameters (items.md, 2) -----------------------------------------------------------

MIXED_PARAMETERS = _validation(
    "Can not use both expression and non-expression parameters in the same request: "
    "Non-expression parameters: {{{legacy}}} Expression parameters: {{{expressions}}}"
)
NAMES_WITHOUT_EXPRESSION = _validation("ExpressionAttributeNames can only be specified when using expressions")
VALUES_WITHOUT_EXPRESSION = _validation("ExpressionAttributeValues can only be specified when using expressions{tail}")
NAMES_EMPTY = _validation("ExpressionAttributeNames must not be empty")
VALUES_EMPTY = _validation("ExpressionAttributeValues must not be empty")
NAMES_KEY_SYNTAX = _validation('ExpressionAttributeNames contains invalid key: Syntax error; key: "{key}"')
VALUES_KEY_SYNTAX = _validation('ExpressionAttributeValues contains invalid key: Syntax error; key: "{key}"')
NAMES_KEY_TOO_LONG = _validation(
    "ExpressionAttributeNames contains invalid key: "
    "The expression attribute map contains a key that is too long; size of key: {size}"
)
VALUES_KEY_TOO_LONG = _validation(
    "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long;"
)
NAMES_INVALID_VALUE = "ExpressionAttributeNames contains invalid value: "
VALUES_INVALID_VALUE = "ExpressionAttributeValues contains invalid value: "
NAMES_UNUSED = _validation("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{keys}}}")
VALUES_UNUSED = _validation("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{keys}}}")
RETURN_VALUES_RESTRICTED = _validation("ReturnValues can only be ALL_OLD or NONE")
DUPLICATE_ATTRIBUTE_TO_GET = _invalid_parameter("Duplicate value in attribute name: {name}")

# --- Expressions (expressions.md); each text follows "Invalid <kind>: " --------------------------

EXPRESSION_EMPTY = "The expression can not be empty;"
EXPRESSION_SYNTAX = 'Syntax error; token: "{token}", near: "{near}"'
EXPRESSION_TOO_LARGE = "Expression size has exceeded the maximum allowed size;"
EXPRESSION_TOO_LARGE_COUNTED = "Expression size has exceeded the maximum allowed size; expression size: {size}"
TOO_MANY_OPERATORS = "The expression contains too many operators; operator count: {count}"
TOO_MANY_OPERANDS = (
    "Invalid number of operands for operator or function; operator or function: IN, number of operands: {count}"
)
REDUNDANT_PARENTHESES = "The expression has redundant parentheses;"
RESERVED_WORD = "Attribute name is a reserved keyword; reserved keyword: {word}"
UNDEFINED_NAME = "An expression attribute name used in the document path is not defined; attribute name: {name}"
UNDEFINED_VALUE = "An expression attribute value used in expression is not defined; attribute value: {name}"
LIST_INDEX_TOO_LARGE = "List index is not within the allowable range; index: [{index}]"
PATH_TOO_DEEP = "The document path has too many nesting levels; nesting levels: {levels}"
UNKNOWN_FUNCTION = "Invalid function name; function: {function}"
FUNCTION_NOT_IN_CONDITION = "The function is not allowed in a condition expression; function: {function}"
FUNCTION_NOT_IN_UPDATE = "The function is not allowed in an update expression; function: {function}"
FUNCTION_MISPLACED = "The function is not allowed to be used this way in an expression; function: {function}"
OPERAND_COUNT = (
    "Incorrect number of operands for operator or function; "
    "operator or function: {operator}, number of operands: {count}"
)
OPERAND_TYPE = "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {type}"
UPDATE_OPERAND_TYPE = "Incorrect operand type for operator or function; operator: {operator}, operand type: {type}"
PATH_REQUIRED = "Operator or function requires a document path; operator or function: {operator}"
OPERANDS_EQUAL = (
    "The first operand must be distinct from the remaining operands for this operator or function; "
    "operator: {operator}, first operand: {operand}"
)
UNKNOWN_TYPE_NAME = "Invalid attribute type name found; type: {type}, valid types: {{{types}}}"
BETWEEN_TYPES = (
    "The BETWEEN operator requires same data type for lower and upper bounds; "
    "lower bound operand: AttributeValue: {lower}, upper bound operand: AttributeValue: {upper}"
)
BETWEEN_REVERSED = (
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
    "lower bound operand: AttributeValue: {lower}, upper bound operand: AttributeValue: {upper}"
)
PATHS_OVERLAP = (
    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
    "path one: {one}, path two: {two}"
)
PATHS_CONFLICT = (
    "Two document paths conflict with each other; must remove or rewrite one of these paths; "
    "path one: {one}, path two: {two}"
)
SECTION_REPEATED = 'The "{section}" section can only be used once in an update expression;'


def invalid_expression(kind: str, text: str, **parameters: object) -> ServiceError:
    """The error `Invalid <kind>: <text>`; `kind` is the parameter's name, e.g. `FilterExpression`."""
    return ServiceError(VALIDATION, message=f"Invalid {kind}: {text.format(**parameters)}")


# --- Applying an update -------------------------------------------------------------------------

UPDATE_PATH_INVALID = _validation("The document path provided in the update expression is invalid for update")
UPDATE_SOURCE_MISSING = _validation("The provided expression refers to an attribute that does not exist in the item")
UPDATE_TYPE_INCORRECT = _validation("An operand in the update expression has an incorrect data type")

# --- Legacy parameters (items.md 10 and 11, query_scan.md 19) ------------------------------------

EXPECTED_VALUE_MISSING = _invalid_parameter("Value must be provided when Exists is {exists} for Attribute: {name}")
EXPECTED_VALUE_UNWANTED = _invalid_parameter("Value cannot be used when Exists is false for Attribute: {name}")
EXPECTED_VALUE_TWICE = _invalid_parameter("Value and AttributeValueList cannot be used together for Attribute: {name}")
EXPECTED_ARGUMENTS_MISSING = _invalid_parameter(
    "Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
)
EXPECTED_EXISTS_WITH_OPERATOR = _invalid_parameter(
    "Exists and ComparisonOperator cannot be used together for Attribute: {name}"
)
EXPECTED_LIST_WITHOUT_OPERATOR = _invalid_parameter(
    "AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
)
ARGUMENT_COUNT = _invalid_parameter("Invalid number of argument(s) for the {operator} ComparisonOperator")
ARGUMENT_TYPES_DIFFER = _invalid_parameter("AttributeValues inside AttributeValueList must be of same type")
ARGUMENT_TYPE = _invalid_parameter("ComparisonOperator {operator} is not valid for {type} AttributeValue type")
BETWEEN_RANGE_REVERSED = _validation(
    "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
)
CONDITIONAL_OPERATOR_ALONE = _validation("ConditionalOperator cannot be used without Filter or Expected")
CONDITIONAL_OPERATOR_SINGLE = _validation(
    "ConditionalOperator can only be used when Filter or Expected has two or more elements"
)
UPDATE_VALUE_MISSING = _invalid_parameter("Only DELETE action is allowed when no attribute value is specified")
UPDATE_DELETE_TYPE = _invalid_parameter("DELETE action with value is not supported for the type {type}")
UPDATE_ADD_TYPE = _invalid_parameter("ADD action is not supported for the type {type}")
UPDATE_TYPE_MISMATCH = _validation("Type mismatch for attribute to update")

# --- Query and Scan (query_scan.md) -------------------------------------------------------------

KEY_CONDITION_MISSING = _validation(
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
)
KEY_CONDITION_OPERATOR = _validation("Invalid operator used in KeyConditionExpression: {operator}")
KEY_CONDITION_NESTED_FUNCTION = _validation("KeyConditionExpressions cannot contain nested operations")
KEY_CONDITION_NESTED_PATH = _validation(
    "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes"
)
KEY_CONDITION_TWO_PATHS = _validation(
    "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
)
KEY_CONDITION_NO_PATH = _validation("Invalid condition in KeyConditionExpression: No key attribute specified")
KEY_CONDITION_FIRST_OPERAND = _validation(
    "Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute as its first operand"
)
KEY_CONDITION_REPEATED = _validation(
    "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
)
KEY_CONDITION_COUNT = _validation(
    "The number of query conditions ({count}) exceeds the number of key attributes defined in the schema ({keys})"
)
KEY_CONDITION_COUNT_OLDER = _validation("Conditions can be of length 1 or 2 only")
KEY_CONDITION_ELEMENT_MISSING = _validation("Query condition missed key schema element: {name}")
KEY_CONDITION_NOT_SUPPORTED = _validation("Query key condition not supported")
KEY_CONDITION_NOT_INDEXABLE = _validation("Attempted conditional constraint is not an indexable operation")
KEY_CONDITION_TYPE = _invalid_parameter("Condition parameter type does not match schema type")
KEY_CONDITION_GAP = _validation(
    "RANGE key attributes {missing} must have equality conditions specified in the query "
    "because a condition is present on key attribute {present}"
)
FILTER_ON_KEY = _validation("{parameter} can only contain non-primary key attributes: Primary key attribute: {name}")
FILTER_NOT_PROJECTED = _invalid_parameter(
    "Secondary index {index} does not project one or more filter attributes: [{names}]"
)
NOT_PROJECTED = _invalid_parameter("Global secondary index {index} does not project [{names}]")
ALL_ATTRIBUTES_NOT_PROJECTED = _invalid_parameter(
    "Select type ALL_ATTRIBUTES is not supported for global secondary index {index} "
    "because its projection type is not ALL"
)
CONSISTENT_READ_ON_GLOBAL_INDEX = _validation("Consistent reads are not supported on global secondary indexes")
SELECT_PROJECTED_WITHOUT_INDEX = _validation(
    "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
)
SELECT_SPECIFIC_WITHOUT_PROJECTION = _validation(
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
)
SELECT_WITH_PROJECTION = _validation("Cannot specify the {parameter} when choosing to get {select}")
SEGMENT_WITHOUT_TOTAL = _validation(
    "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
)
TOTAL_WITHOUT_SEGMENT = _validation(
    "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
)
SEGMENT_TOO_LARGE = _validation(
    "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
    "Segment: {segment} is not less than TotalSegments: {total}"
)
START_KEY_PREFIX = "The provided starting key is invalid: "
START_KEY_INVALID = _validation("The provided starting key is invalid")
START_KEY_SCHEMA = _validation(START_KEY_PREFIX + "The provided key element does not match the schema")
START_KEY_OUTSIDE = _validation("The provided starting key is outside query boundaries based on provided conditions")
START_KEY_PREDICATE = _validation("The provided starting key does not match the range key predicate")
START_KEY_SINGLE_ROW = _validation("The query can return at most one row and cannot be restarted")
START_KEY_HASH_ONLY = _validation(
    "The provided exclusive start key is invalid: ExclusiveStartKey: {{{name}=AttributeValue: {value}}}"
)
START_KEY_SEGMENT = _validation(
    START_KEY_PREFIX + "Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
    "TotalSegments: {total} Segment: {segment}"
)

# --- Batches (batch_transactions.md) ------------------------------------------------------------

DUPLICATE_KEYS = _validation("Provided list of item keys contains duplicates")
TOO_MANY_ITEMS = _validation("Too many items requested for the {operation} call")
BATCH_WRITE_EMPTY = _validation("The requestItems parameter is required for BatchWriteItem")

# --- Transactions (batch_transactions.md 4 to 8) -------------------------------------------------

TRANSACTION_CANCELED = _modelled(
    "TransactionCanceledException",
    "Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
    key="Message",
)
IDEMPOTENT_PARAMETER_MISMATCH = _modelled(
    "IdempotentParameterMismatchException",
    "DynamoDB rejected the request because you retried a request with a different payload "
    "but with an idempotent token that was already used.",
    key="Message",
)
TRANSACTION_ITEM_REPEATED = _validation("Transaction request cannot include multiple operations on one item")
TRANSACTION_ACTIONS_MIXED = _validation("TransactItems can only contain one of Check, Put, Update or Delete")
TRANSACTION_ACTION_MISSING = _validation(
    "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"
)
TRANSACTION_TOO_LARGE = _validation("Transaction payload size cannot exceed {limit} bytes")

# --- PartiQL: from text to a checked statement (partiql.md 2 to 5, 7, 8, 10, 11 and 17) -----------

STATEMENT_MALFORMED = _validation("Statement wasn't well formed, can't be processed: {detail}")
STATEMENT_TOKEN_LEFT = "Unexpected token after expression"
STATEMENT_TERM = "Unexpected term"
STATEMENT_KEYWORD = "Unexpected keyword"
STATEMENT_OPERATOR = "Unexpected operator"
STATEMENT_RIGHT_SIDE = "Missing right-hand side expression of infix operator"
STATEMENT_TYPE_NAME = "Expected type name"
STATEMENT_TARGET = "Expected identifier for simple path"
STATEMENT_MANIPULATION = "Expected data manipulation"
STATEMENT_PATH_COMPONENT = "Invalid path dot component"
STATEMENT_EXPECTED = "Expected {expected}"
"""For what no page has seen; words of PartiQL's reference parser."""

STATEMENT_ALIAS = _validation("Aliasing is not supported")
FROM_PATH_TOO_LONG = _validation("A path may contain at most 2 components in the FROM clause")
PATH_COMPONENT_EMPTY = _validation("Path component cannot be an empty string")
PATH_COMPONENT_UNEXPECTED = _validation("Unexpected path component at {position}")
FUNCTION_UNRECOGNIZED = _validation("Unrecognized function: {function} at {position}")
OPERATION_UNSUPPORTED = _validation("Unsupported operation: {operation}")
INSERT_OF_SEVERAL = _validation(
    "Unsupported operation: Inserting multiple items in a single statement is not supported, "
    'use "INSERT INTO tableName VALUE item" instead'
)
DATA_TYPE_UNSUPPORTED = _validation("Unsupported data type: {data} under key {path} at {position}")
EMPTY_BAG = _validation("Empty bags are not supported")
UNDER_PATH = " under {path}"
"""Follows the text of a fault of a number that is written out."""

PARAMETER_COUNT_MISMATCH = _validation("Number of parameters in request and statement don't match.")
MEMBERS_COUNT = _validation("{function} must have exactly two arguments at {position}")
MEMBERS_TARGET = _validation("The first argument to {function} must equal the assignment value at {position}")
MEMBERS_TYPE = _validation("The second argument to {function} must be a value with type SET at {position}")
DELETE_RETURNING = _validation(
    "Invalid returning clause: RETURNING {form} *. Only RETURNING ALL OLD * is allowed in DELETE statements."
)


def refused_statement(text: str, **parameters: object) -> ServiceError:
    """The error of a statement in the words of an expression's error, without the expression's kind before them."""
    return ServiceError(VALIDATION, message=text.format(**parameters))


# --- PartiQL: carrying out statements (partiql.md 2, 5 to 7 and 9 to 16) --------------------------

DUPLICATE_ITEM = _modelled("DuplicateItemException", "Duplicate primary key exists in table")
STATEMENT_INDEX_NOT_FOUND = _validation("The table does not have the specified index")
STATEMENT_CONSISTENT_READ_ON_GLOBAL_INDEX = _validation(
    "Strongly consistent read is not supported on Global Secondary Indexes"
)
STATEMENT_SEVERAL_KEY_ATTRIBUTES = _validation(
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
)
INSERT_INTO_INDEX = _validation("FROM clause may only contain a single table name")
WRITE_TO_INDEX = _validation("This operation is not supported on an index")
KEY_EQUALITY_MISSING = _validation("Where clause does not contain a mandatory equality on all key attributes")
KEY_RANGES_OVERLAP = _validation("Overlapping conditions with range keys are not supported in where clause")
KEY_OPTIONS_LIMITED = _validation(TOO_MANY_OPERANDS)
ORDER_WITHOUT_WHERE = _validation("Must have WHERE clause in the statement when using ORDER BY clause.")
ORDER_WITHOUT_KEY = _validation(
    "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
)
ORDER_NOT_BY_KEY = _validation("Variable reference {name} in ORDER BY clause must be part of the primary key")
NEXT_TOKEN_INVALID = _validation("Invalid NextToken")
NEXT_TOKEN_OF_OTHER_STATEMENT = _validation("NextToken does not match request")
EXISTS_OUTSIDE_TRANSACTION = _validation("EXISTS() is only supported in ExecuteTransaction.")
BATCH_READ_WITHOUT_KEY = _validation(
    "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
)
STATEMENTS_MIXED = _validation(
    "The entire {kind} must consist of either read statements or write statements, you cannot mix both in one {kind}."
)
STATEMENT_OF_TRANSACTION = "Validation failed in TransactStatements[{index}]: "
TRANSACTION_RETURNING = _validation("RETURNING clause is not supported in ExecuteTransaction.")
TRANSACTION_READ_WITHOUT_KEY = _validation(
    "Select statements within ExecuteTransaction must specify the primary key in the where clause."
)
TRANSACTION_READ_OF_INDEX = _validation("Reads on indices are not supported within transactions.")
TRANSACTION_EXISTS = _validation("EXISTS() must contain a single item read with additional condition")

# --- Tables (tables.md) -------------------------------------------------------------------------

PARAMETER_MISSING = _validation("The parameter '{name}' is required but was not present in the request")
THROUGHPUT_ON_DEMAND = _invalid_parameter(
    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
)
THROUGHPUT_MISSING = _invalid_parameter(
    "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
)
THROUGHPUT_OUT_OF_BOUNDS = _validation("Given value {value} for {name} is out of bounds")
INDEX_THROUGHPUT_OUT_OF_BOUNDS = _validation("Given value {value} for {name} is out of bounds for index {index}")
KEY_UNDEFINED = _validation("Invalid KeySchema: Some index key attribute have no definition")
KEYS_UNDEFINED = _invalid_parameter(
    "Some index key attributes are not defined in AttributeDefinitions. "
    "Keys: [{keys}], AttributeDefinitions: [{definitions}]"
)
KEYS_SAME_NAME = _validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
FIRST_KEY_NOT_HASH = _validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
SECOND_KEY_NOT_RANGE = _validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
HASH_AFTER_RANGE = _validation(
    "Invalid KeySchema: All HASH key attributes must precede RANGE key attributes in the KeySchema"
)
TOO_MANY_KEYS_OF_ROLE = _validation(
    "Invalid KeySchema: The KeySchema exceeds the maximum allowed number of {role} key attributes"
)
DEFINITION_COUNT = _invalid_parameter(
    "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
)
DEFINITION_DUPLICATED = _validation("Attribute Name is duplicated: {name}")
DEFINITIONS_UNUSED = _invalid_parameter(
    "Some AttributeDefinitions are not used. AttributeDefinitions: [{definitions}], keys used: [{keys}]"
)
INDEX_LIST_EMPTY = _invalid_parameter("List of {kind} is empty")
LOCAL_INDEX_NEEDS_RANGE = _invalid_parameter(
    "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
)
LOCAL_INDEX_WITHOUT_RANGE = _invalid_parameter("Index KeySchema does not have a range key for index: {index}")
LOCAL_INDEX_HASH = _invalid_parameter(
    "Index KeySchema does not have the same leading hash key as table KeySchema for index: {index}. "
    "index hash key: {index_hash}, table hash key: {table_hash}"
)
PROJECTION_TYPE_MISSING = _invalid_parameter("Unknown ProjectionType: null")
PROJECTION_ATTRIBUTES_UNWANTED = _invalid_parameter("ProjectionType is {type}, but NonKeyAttributes is specified")
PROJECTION_ATTRIBUTES_MISSING = _invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
PROJECTION_ATTRIBUTE_DUPLICATED = _invalid_parameter("Duplicate value in NonKeyAttributes: {name}")
PROJECTED_ATTRIBUTES_EXCEEDED = _invalid_parameter(
    "Number of projected attributes over all indexes exceeds the per-table limit of {limit}"
)
INDEX_NAME_DUPLICATED = _invalid_parameter("Duplicate index name: {index}")
LOCAL_INDEX_LIMIT = _invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of {limit}")
GLOBAL_INDEX_LIMIT = _invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of {limit}")
INDEX_THROUGHPUT_ON_DEMAND = _invalid_parameter(
    "ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST"
)
INDEX_THROUGHPUT_MISSING = _invalid_parameter("ProvisionedThroughput is not specified for index: {index}")
INDEXES_THROUGHPUT_MISSING = _invalid_parameter("ProvisionedThroughput must be specified for index: {indexes}")
STREAM_VIEW_WITHOUT_STREAM = _invalid_parameter(
    "Table is being created with a stream disabled, UpdateViewType should not be specified"
)
STREAM_VIEW_MISSING = _invalid_parameter("StreamViewType must be specified when StreamEnabled is true")
STREAM_VIEW_UNWANTED = _invalid_parameter("StreamViewType should not be specified when StreamEnabled is false")
STREAM_ENABLED_ALREADY = _validation("Table already has an enabled stream: TableName: {table}")
STREAM_ABSENT = _validation("Table has no stream to disable: TableName: {table}")
STREAM_WITH_THROUGHPUT = _invalid_parameter("You cannot modify stream status while updating table IOPS")
ON_DEMAND_LIMIT_PROVISIONED = _invalid_parameter(
    "{name} for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."
)
ON_DEMAND_LIMIT_PROVISIONED_UPDATE = _invalid_parameter(
    "{name} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
)
ON_DEMAND_LIMIT_RANGE = _invalid_parameter(
    "Requested {name} for OnDemandThroughput for {resource} is outside of valid range"
)
WARM_THROUGHPUT_LOW = _invalid_parameter(
    "Requested {name} for WarmThroughput for {resource} is lower than initial throughput for {mode}"
)
WARM_THROUGHPUT_LOWERED = _invalid_parameter(
    "Requested {name} for WarmThroughput for {resource} is lower than current WarmThroughput, "
    "decreasing WarmThroughput is not supported"
)
SSE_TYPE_MISSING = _invalid_parameter("SSEType KMS is required if KMSMasterKeyId is specified")
SSE_TYPE_INVALID = _invalid_parameter("The only valid SSEType is KMS")
TAG_CHARACTERS = _invalid_parameter("Tag {part} contains characters that are not allowed: {text}")
TAG_RESERVED = _invalid_parameter("Tag keys that begin with aws: are reserved: {key}")
TOO_MANY_TAGS = _invalid_parameter("Too many tags: {count}. The maximum number of tags per resource is {limit}")
TAGS_MISSING = _validation("Atleast one Tag needs to be provided as Input.")
TAG_KEYS_MISSING = _validation("Atleast one Tag Key needs to be provided as Input.")
ARN_MISSING = _validation("Invalid TableArn")
ARN_MALFORMED = _validation("ARNs must start with 'arn:'")
ARN_NOT_OF_TABLE = _validation("Invalid TableArn: Invalid ResourceArn provided as input {arn}")
ARN_NOT_TAGGABLE = _invalid_parameter(
    "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"
)
ARN_NOT_FOUND = _modelled("ResourceNotFoundException", "Requested resource not found: ResourcArn: {arn} not found")
ACCESS_DENIED = _framework(
    "AccessDeniedException",
    "User: {user} is not authorized to perform: dynamodb:{operation} on resource: {arn}",
    "Message",
)
UPDATE_NOTHING = _validation(
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
    "or SSESpecification or ReplicaUpdates is required"
)
UPDATE_THROUGHPUT_MISSING = _invalid_parameter(
    "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
)
UPDATE_THROUGHPUT_SAME = _validation(
    "The provisioned throughput for the {resource} will not change. "
    "The requested value equals the current value. "
    "Current ReadCapacityUnits provisioned for the {kind}: {read}. Requested ReadCapacityUnits: {read}. "
    "Current WriteCapacityUnits provisioned for the {kind}: {write}. Requested WriteCapacityUnits: {write}. "
    "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
)
INDEX_UPDATE_EMPTY = _invalid_parameter(
    "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
    "GlobalSecondaryIndexUpdate.Delete must not be null"
)
INDEX_UPDATE_AMBIGUOUS = _invalid_parameter(
    "Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
    "GlobalSecondaryIndexUpdate.Delete may be specified"
)
INDEX_UPDATE_REPEATED = _invalid_parameter(
    "Only one global secondary index update per index is allowed simultaneously. Index: {index}"
)
INDEX_CHANGES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
)
INDEX_UPDATE_NOTHING = _invalid_parameter(
    "At least one of ProvisionedThroughput, OnDemandThroughput or WarmThroughput is required for index: {index}"
)
INDEX_UPDATE_BLOCKED = _validation(
    "This operation cannot be performed with given input values. "
    "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
)
INDEX_EXISTS = _validation("Attempting to create an index which already exists")
INDEX_TO_DELETE_NOT_FOUND = _modelled(
    "ResourceNotFoundException", "Requested resource not found: Index: {index} not found"
)
LOCAL_INDEX_DELETE = _invalid_parameter("Index: {index} is not a global secondary index")
ATTRIBUTE_REDEFINED = _invalid_parameter(
    "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
    "Existing schema: Schema:[SchemaElement: key{{{name}:{old}:{role}}}] "
    "New schema: Schema:[SchemaElement: key{{{name}:{new}:{role}}}]"
)
TABLE_CLASS_ALONE = _invalid_parameter("TableClass modification must be the only operation in the request")
ENCRYPTION_ALONE = _invalid_parameter("Server-Side Encryption modification must be the only operation in the request")
DELETION_PROTECTED = _validation(
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
)
TABLE_IN_USE = _modelled(
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: Table is being {change}: {table}",
)
INDEXES_IN_USE = _modelled(
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: "
    "Cannot delete table while indexes are being created, updated, or deleted.",
)
INDEX_IN_USE = _modelled(
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: Index is being {change}.  Table: {table} Index: {index}",
)
DECREASES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
    "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once "
    "every 3600 seconds. Number of decreases today: {count}. "
    "Last decrease at {last}. Next decrease can be made at {next}",
)
ON_DEMAND_SWITCHES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: Update to PayPerRequest mode are limited to {limit} in 1 day(s). "
    "Last update at {last}. Next update can be made at {next}",
)
ENCRYPTION_CHANGES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {end}Z. "
    "After the first 4 change, each subsequent change in the same window can be performed at most once "
    "every 21600 seconds. Number of updates today: {count}",
)
TABLE_CLASS_CHANGES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: Table class updates are limited to {limit} in 30 day(s). "
    "Last update at {last}. Next update can be made at {next}",
)
TABLES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: There is a limit of {limit} tables per subscriber",
)
UNITS_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: {name} of the table and its global secondary indexes add up to {units}, "
    "the quota of a table is {limit}",
)
PARAMETER_NOT_BUILT = _validation(
    "{parameter} is a parameter of DynamoDB that this emulator does not have yet; "
    "docs/compatibility.md lists what it has."
)

# --- Resource policies (control_plane.md 1) ------------------------------------------------------

POLICY_INVALID = _invalid_parameter("Invalid policy document: {fault}")
POLICY_NOT_JSON = "The document is not a JSON object"
POLICY_TOO_LARGE = "The document has {size} bytes, the most are {limit}"
POLICY_ELEMENT_UNKNOWN = "The following element is not allowed: {element}"
POLICY_ELEMENT_MISSING = "The following element is missing: {element}"
POLICY_ELEMENT_INVALID = "The value of the following element is invalid: {element}"
POLICY_PRINCIPAL_INVALID = "The following principal is invalid: {principal}"
POLICY_ACTIONS_INVALID = "The following action names are invalid: {names}"
POLICY_SID_REPEATED = "Statement ids must be unique within a policy: {sid}"
POLICY_UNBOUNDED = (
    "The policy allows unbounded access: a statement that allows every principal needs a condition that limits it"
)
POLICY_LOCKS_OUT = _validation(
    "The policy denies the caller dynamodb:PutResourcePolicy. "
    "Set ConfirmRemoveSelfResourceAccess to true if this is what you want."
)
_POLICY_ABSENT = "Resource-based policy not found for the provided ResourceArn: "
POLICY_NOT_FOUND = _modelled("PolicyNotFoundException", _POLICY_ABSENT + "{arn}")
POLICY_REVISION_DIFFERS = _modelled(
    "PolicyNotFoundException",
    _POLICY_ABSENT + "Requested update for policy with revision id {expected}, "
    "but the policy associated to target table {table} has revision id {revision}.",
)
POLICY_EXISTS = _modelled(
    "PolicyNotFoundException",
    _POLICY_ABSENT + "Requested policy update expecting none to be present for table {table}, "
    "but a policy exists with revision id {revision}.",
)
POLICY_PENDING = _modelled(
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: {arn} has a pending previous resource-based policy update",
)
POLICY_PENDING_DELETION = _modelled(
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: Table {table} has a pending resource-based policy update",
)

# --- Kinesis streaming destinations (control_plane.md 3) ------------------------------------------

_KINESIS_STATE = "Table is not in a valid state to enable Kinesis Streaming Destination: "
KINESIS_ENABLED_ALREADY = _validation(
    _KINESIS_STATE + "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation."
)
KINESIS_NOT_ACTIVE = _validation(
    _KINESIS_STATE + "KinesisStreamingDestination must be ACTIVE to perform {action} operation."
)
KINESIS_NOT_FOUND = _validation(
    _KINESIS_STATE + "No streaming destination with streamArn: {arn} found for table with tableName: {table}"
)
KINESIS_UPDATE_NOTHING = _validation(
    "Streaming destination cannot be updated with given parameters: "
    "UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
)
KINESIS_PRECISION_SAME = _validation(
    "Invalid Request: Precision is already set to the desired value of {precision} for tableId: {id}, kdsArn: {arn}"
)
KINESIS_STREAM_UNUSABLE = "{arn} is not a Kinesis data stream of the table's region"
"""No error: the DestinationStatusDescription of a destination that could not be enabled."""

# --- Contributor Insights (control_plane.md 4) ----------------------------------------------------

INSIGHTS_INDEX_NOT_FOUND = _modelled(
    "ResourceNotFoundException", "Requested resource not found: Index: {index} not found for table: {table}"
)
INSIGHTS_TABLE_NOT_ACTIVE = _validation("TableStatus must be ACTIVE. Table: {table}")
INSIGHTS_INDEX_NOT_ACTIVE = _validation("IndexStatus must be ACTIVE. Index: {index} of table: {table}")
INSIGHTS_RULES_LIMITED = "The region has {limit} rules of Contributor Insights already, the most there may be"
"""No error: the ExceptionDescription of what could not be enabled."""
# --- Vector indexes (vectors.md) -----------------------------------------------------------------

VECTOR_INDEX_PROVISIONED = _invalid_parameter("Vector indexes are only supported for PAY_PER_REQUEST tables")
VECTOR_INDEX_LIMIT = _invalid_parameter("VectorIndex count exceeds the per-table limit of {limit}")
VECTOR_INDEX_LIMIT_UPDATE = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: Number of vector secondary indexes exceeds per-table limit of {limit}",
)
VECTOR_DIMENSIONS = _invalid_parameter("Number of dimensions must be between 1 and {limit} inclusive.")
VECTOR_DIMENSIONS_CONFLICT = _invalid_parameter(
    "Conflicting attribute definition for '{name}'. "
    "All VectorIndexes on the same vector attribute must use the same dimensions."
)
VECTOR_ATTRIBUTE_DEFINED = _invalid_parameter(
    "Conflicting attribute definition for '{name}'. "
    "An attribute cannot be defined in AttributeDefinitions when used as a VectorAttribute."
)
VECTOR_ATTRIBUTE_REDEFINED = _invalid_parameter(
    "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
    "Existing schema: Schema:[SchemaElement: key{{{name}:{old}:{role}}}] "
    "New schema: VectorIndexSchema:[VectorAttribute: key{{{name}:L:{dimensions}}}]"
)
SEARCH_SCHEMA_UNDEFINED = _invalid_parameter("One element in SearchSchema is not defined in attribute definitions")
SEARCH_SCHEMA_REPEATED = _invalid_parameter("Duplicate attribute in SearchSchema: {name}")
SEARCH_SCHEMA_LIMIT = _invalid_parameter("Number of {role} elements in SearchSchema exceeds the limit of {limit}")
VECTOR_PROJECTION_LIMIT = _invalid_parameter(
    "Number of projected attributes of vector index {index} exceeds the limit of {limit}"
)
VECTOR_INDEX_UPDATE_EMPTY = _invalid_parameter(
    "One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null"
)
VECTOR_INDEX_UPDATE_AMBIGUOUS = _invalid_parameter(
    "Only one of VectorIndexUpdate.Create, VectorIndexUpdate.Delete may be specified"
)
VECTOR_INDEX_ALLOCATING = _modelled(
    "ResourceInUseException",
    "Attempt to change a resource which is still in use: Index creation is in resource allocation phase. "
    "Retry deletion during backfilling phase or when the index is active. Table: {table} Index: {index}",
)
VECTOR_SIZE = _validation(
    "One or more parameter values were invalid. "
    "Invalid size for parameter {name}, Expected: {expected}, Actual: {actual} IndexName: {index}"
)
VECTOR_ELEMENT_TYPE = _validation(
    "One or more parameter values were invalid. Invalid type for parameter {name}[{place}], "
    "Expected: 32-bit floating point number, Actual: {actual}. IndexName: {index}"
)
VECTOR_NOT_LIST = _validation(
    "One or more parameter values were invalid. Invalid type for parameter {name}, "
    "Expected: 32-bit floating point number list IndexName: {index}"
)
QUERY_OF_VECTOR_INDEX = _validation("Query operation not supported on this index type.")
SCAN_OF_VECTOR_INDEX = _validation("Scan operation not supported on this index type")
TOP_K_RANGE = _validation(
    "Provided TopK value '{value}' is out of valid range. The value must be between 1 and {limit} inclusive"
)
SEARCH_VECTOR_INVALID = _validation(
    "Search vector contains invalid values. "
    "All values in the search vector must be a 32-bit floating-point number attribute"
)
SEARCH_VECTOR_DIMENSION = _validation(
    "Input search vector dimension {actual} does not match vector index dimension {expected}"
)
SEARCH_CONDITION_MISSING = _validation("SearchConditionExpression must be provided when SearchSchema has a HASH key")
SEARCH_CONDITION_COMPARATOR = "Invalid comparator used in SearchConditionExpression"
SEARCH_CONDITION_ATTRIBUTE = _validation(
    "SearchConditionExpression must not contain any attributes that is not in SearchSchema. Invalid attribute: {name}"
)
VECTOR_INDEX_BACKFILLING = _validation("Cannot search backfilling vector index: {index}")
FIELD_MISSING = "missing field `{name}` at line 1 column {column}"
FIELD_TYPE_INVALID = "invalid type: {found}, expected {expected} at line 1 column {column}"

# --- Streams and time to live (streams_ttl.md) --------------------------------------------------

STREAM_NOT_FOUND = _modelled("ResourceNotFoundException", "Requested resource not found: Stream: {arn} not found")
SHARD_NOT_FOUND = _modelled("ResourceNotFoundException", "Requested resource not found: Shard does not exist")
STREAM_ARN_MALFORMED = _validation("Invalid StreamArn: {arn}")
SHARD_FILTER_INCOMPLETE = _validation("Both Type and ShardId must be specified in ShardFilter")
SEQUENCE_NUMBER_MISSING = _validation("SequenceNumber must be specified for the shard iterator type {type}")
SEQUENCE_NUMBER_UNWANTED = _validation("SequenceNumber must not be specified for the shard iterator type {type}")
SEQUENCE_NUMBER_MALFORMED = _validation("Invalid SequenceNumber: {number}")
SEQUENCE_NUMBER_OUTSIDE = _validation("SequenceNumber {number} does not belong to shard {shard}")
ITERATOR_TIME_MISSING = _validation("Timestamp must be specified for the shard iterator type AT_TIMESTAMP")
ITERATOR_TIME_UNWANTED = _validation("Timestamp must not be specified for the shard iterator type {type}")
ITERATOR_TIME_IN_FUTURE = _validation("Timestamp must not be in the future")
ITERATOR_MALFORMED = _validation("Invalid ShardIterator: {text}")
ITERATOR_EXPIRED = _modelled("ExpiredIteratorException", "The provided iterator exceeds the maximum age allowed.")
DATA_TRIMMED = _modelled("TrimmedDataAccessException", "The data you are trying to access has been trimmed.")
TTL_ENABLED_ALREADY = _validation("TimeToLive is already enabled")
TTL_DISABLED_ALREADY = _validation("TimeToLive is already disabled")
TTL_OTHER_ATTRIBUTE = _validation(
    "TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"
)
TTL_CHANGES_LIMITED = _validation("Time to live has been modified multiple times within a fixed interval")

# --- Backups, point-in-time recovery and restores (backups_export_import.md 2 to 4) --------------

TABLE_NOT_FOUND_TO_BACK_UP = _modelled("TableNotFoundException", "Table not found: {table}")
BACKUPS_BEING_ENABLED = _modelled(
    "ContinuousBackupsUnavailableException", "Backups are being enabled for the table: {table}. Please retry later"
)
BACKUP_NOT_FOUND = _modelled("BackupNotFoundException", "Backup not found: {arn}")
BACKUP_BEING_CREATED = _modelled("BackupInUseException", "Backup is being created: {arn}")
BACKUP_BEING_RESTORED = _modelled("BackupInUseException", "Backup is being used to restore table: {arn}")
BACKUP_BEING_RESTORED_ELSEWHERE = _modelled(
    "BackupInUseException", "Backup is being used to restore another table: {arn}"
)
BACKUP_OF_SYSTEM = _validation(
    "Invalid Request: User is not allowed to delete the system backup with arn {arn}. "
    "It will automatically expire on {expiry}"
)
BACKUP_ARN_MALFORMED = _validation("Invalid Backup ARN: {arn}")
BACKUP_ARN_INVALID = _validation("BackupArn is not valid: {arn}")
BACKUP_ARN_OF_OTHER_REGION = _validation(
    "The region of ExclusiveStartBackupArn {arn} does not match the region of the request: {region}"
)
BACKUP_ACCESS_DENIED = _framework("AccessDeniedException", "Access is denied", "Message")
BACKUP_TIMES_REVERSED = _validation("Time range lower bound must be less than or equal to upper bound")
RECOVERY_PERIOD_UNWANTED = _invalid_parameter(
    "RecoveryPeriodInDays should not be specified when PointInTimeRecoveryEnabled is false"
)
RECOVERY_UNAVAILABLE = _modelled(
    "PointInTimeRecoveryUnavailableException", "Point in time recovery is not enabled for table '{table}'"
)
RESTORE_TIME_INVALID = _modelled(
    "InvalidRestoreTimeException",
    "An invalid restore time was specified. "
    "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime.",
)
RESTORE_SOURCE_MISSING = _invalid_parameter("One of SourceTableName or SourceTableArn must be specified")
RESTORE_SOURCE_AMBIGUOUS = _invalid_parameter("Only one of SourceTableName or SourceTableArn may be specified")
RESTORE_TIME_MISSING = _invalid_parameter("One of UseLatestRestorableTime or RestoreDateTime must be specified")
RESTORE_TIME_AMBIGUOUS = _invalid_parameter("Only one of UseLatestRestorableTime or RestoreDateTime may be specified")
RESTORE_TARGET_EXISTS = _modelled("TableAlreadyExistsException", "Table already exists: {table}")
RESTORE_TARGET_IN_USE = _modelled("TableInUseException", "Table is being {change}: {table}")
RESTORES_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: There is a limit of {limit} concurrent restores per subscriber",
)
OVERRIDDEN_INDEX_UNKNOWN = _invalid_parameter("{member} names an index that the source table does not have: {index}")
OVERRIDDEN_INDEX_DIFFERS = _invalid_parameter(
    "{member} must have the KeySchema and Projection of the source table for index: {index}"
)
OVERRIDDEN_WARM_THROUGHPUT = _invalid_parameter("WarmThroughput is not supported in GlobalSecondaryIndexOverride")

# --- Imports, exports and bulk operations (backups_export_import.md) ----------------------------

IMPORT_CONFLICT = _modelled("ImportConflictException", "Duplicate request detected: ClientToken {token}")
IMPORT_NOT_FOUND = _modelled("ImportNotFoundException", "Import not found: {arn}")
IMPORT_ARN_INVALID = _validation("Invalid Import ARN: {arn}")
IMPORTS_LIMITED = _modelled(
    "LimitExceededException",
    "Subscriber limit exceeded: There is a limit of {limit} concurrent imports per subscriber",
)
EXPORT_CONFLICT = _modelled("ExportConflictException", "Duplicate request detected: ClientToken {token}")
EXPORT_NOT_FOUND = _modelled("ExportNotFoundException", "Export not found: {arn}")
EXPORT_ARN_INVALID = _validation("Invalid Export ARN: {arn}")
EXPORT_SPECIFICATION_MISSING = _invalid_parameter(
    "IncrementalExportSpecification with ExportFromTime is required when ExportType is INCREMENTAL_EXPORT"
)
EXPORT_SPECIFICATION_UNWANTED = _invalid_parameter("{parameter} cannot be specified when ExportType is {type}")
EXPORT_WINDOW_TOO_SHORT = _modelled(
    "InvalidExportTimeException",
    "Difference between export period start time and end time must be at least {limit} minutes",
)
EXPORT_WINDOW_TOO_LONG = _modelled(
    "InvalidExportTimeException",
    "Difference between export period start time and end time must be at most {limit} hours",
)
EXPORT_TIME_OUTSIDE = _modelled(
    "InvalidExportTimeException",
    "{parameter} must be between the earliest restorable time {earliest} and now, {now}",
)
BULK_TOKEN_REUSED = _modelled("IdempotentParameterMismatchException", "Duplicate request detected: ClientToken {token}")
_IN_USE = "Attempt to change a resource which is still in use: "
BULK_OF_GLOBAL_TABLE = _modelled("ResourceInUseException", _IN_USE + "Table belongs to a global table: {table}")
BULK_GOES_ON = _modelled("ResourceInUseException", _IN_USE + "Table has a bulk operation in progress: {table}")
BULK_KEY_WITHOUT_KMS = _invalid_parameter("S3SseKmsKeyId can only be specified when S3SseAlgorithm is KMS")
KEY_NOT_KEPT = _validation("The bucket directory of this emulator cannot hold the key {key}: {reason}")

# What the description of a job that failed says: FailureMessage by FailureCode, in parts.

NO_SUCH_BUCKET = (
    "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; "
    "Request ID: {request_id}; S3 Extended Request ID: {extended_request_id}; Proxy: null)"
)
ITEMS_INVALID = (
    "Some of the items failed validation checks and were not imported. "
    "Please check CloudWatch error logs for more details."
)
# --- Global tables (global_tables.md); texts of which a page has a part only are ours around that part ----

REPLICAS_ALONE = _validation("Requests that modify replicas or witnesses must not also modify other fields")
REPLICA_ACTION_MISSING = _validation("Update table operation has replica or witness updates with no actions specified")
REPLICA_ACTIONS_MIXED = _invalid_parameter("Only one action may be specified in a replica or witness update")
REPLICA_CHANGES_LIMITED = _validation(
    "Update table operation with more than one create or delete replica actions not allowed"
)
REPLICA_IS_LOCAL = _validation(
    "Cannot add, delete, or update the local region through ReplicaUpdates. "
    "Use CreateTable, DeleteTable, or UpdateTable as required."
)
REPLICA_REGION_UNKNOWN = _validation("Region {region} is not supported for replicas. Supported regions: [{supported}]")
REPLICA_EXISTS = _validation(
    "Failed to create a the new replica of table with name: '{table}' "
    "because one or more replicas already existed as tables."
)
REPLICA_NOT_FOUND = _validation(
    "Replica specified in the Replica Update or Replica Delete action of the request was not found."
)
REPLICA_NOT_MEMBER = _validation(
    "Update global table operation failed because one or more replicas were not part of the global table: [{region}]"
)
REPLICA_CAPACITY_FIXED = _validation("Table write capacity should either be Pay-Per-Request or AutoScaled")
REPLICA_INDEX_CAPACITY_FIXED = _validation("GSI write capacity should either be Pay-Per-Request or AutoScaled")
REPLICA_KEY_MISSING = _invalid_parameter("KMSMasterKeyId must be specified for each replica.")
REPLICA_KEY_UNWANTED = _invalid_parameter(
    "KMSMasterKeyId can only be specified for a replica of a table with a customer managed key"
)
REPLICA_KEY_UPDATE = _invalid_parameter(
    "KMSMasterKeyId of a replica cannot be updated, use SSESpecification in the region of the replica"
)
REPLICA_WAS_SOURCE = _validation(
    "Replica cannot be deleted because it has acted as a source region for new replica(s) "
    "being added to the table in the last 24 hours."
)
REPLICA_STREAM_NEEDED = _validation("Disabling Stream is not allowed for a Global Table replica")
REPLICA_BEING_ADDED = _validation("Updating TimeToLive is not allowed while the replica is being added")
SETTINGS_REPLICATION_MODE = _validation(
    "Value 'ENABLED_WITH_OVERRIDES' at 'GlobalTableSettingsReplicationMode' failed to satisfy constraint: "
    "Only ENABLED and DISABLED settings replication are allowed for a table that has no replicas"
)
SOURCE_MODE_MISSING = _invalid_parameter(
    "GlobalTableSettingsReplicationMode must be ENABLED when GlobalTableSourceArn is specified"
)
SOURCE_OTHER_NAME = _invalid_parameter("TableName must be that of the table of GlobalTableSourceArn")
SOURCE_IN_REGION = _invalid_parameter("GlobalTableSourceArn must be of another region")
SOURCE_DEFINES_SETTINGS = _invalid_parameter("{name} cannot be specified with GlobalTableSourceArn")

DISASSOCIATION_ALONE = _invalid_parameter("Disassociate must be the only replica update in the request")
DISASSOCIATION_ELSEWHERE = _validation("Disassociate must be requested in the region of the replica")
DISASSOCIATION_PROTECTED = _validation(
    "Replica cannot be disassociated as it is currently protected against disassociation. "
    "Disable disassociation protection first."
)
DISASSOCIATION_PROTECTION_ALONE = _invalid_parameter(
    "DisassociationProtectionEnabled modification must be the only operation in the request"
)

# Strong consistency across regions (global_tables.md 8)
STRONG_REPLICA_COUNT = _validation(
    "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG."
)
WITNESS_WITHOUT_STRONG = _validation(
    "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present."
)
WITNESS_AND_REPLICA = _validation("Cannot target multiple regions with the same action")
WITNESS_IS_LOCAL = _validation(
    "Cannot add a witness in the same region as an existing replica "
    "when creating a global table with MultiRegionConsistency set to STRONG."
)
STRONG_REGION = _validation(
    "Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: [{regions}]."
)
STRONG_IS_FINAL = _validation("Cannot add replicas to a global table with strong MultiRegionConsistency")
CONSISTENCY_IS_FINAL = _validation("MultiRegionConsistency parameter is unsupported on existing global table")
CONSISTENCY_ONLY_CREATES = _validation(
    "Only Replica Create actions are supported when MultiRegionConsistency parameter is provided."
)
WITNESSES_LEFT = _validation("Update table delete operation does not include all witnesses.")
WITNESS_NOT_MEMBER = _validation(
    "Update global table operation failed because one or more witnesses were not part of the global table. "
    "Please retry the request without these witnesses: [{region}]."
)
STRONG_TOGETHER_ONLY = _validation(
    "Deletion of only one table replica is not supported for global tables with MultiRegionConsistency set to STRONG."
)
STRONG_WITHOUT = _validation("{feature} is not supported for global tables with MultiRegionConsistency set to STRONG.")

# Version 2017.11.29, and auto scaling of replicas (global_tables.md 10.2 and 11)
LEGACY_UNSUPPORTED = _validation("Creating global tables version 2017.11.29 is not supported")
LEGACY_UPDATES_EMPTY = _invalid_parameter("ReplicaUpdates must not be empty")
GLOBAL_TABLE_NOT_FOUND = _modelled(
    "GlobalTableNotFoundException", "Global table not found: Global table with name: '{table}' does not exist."
)
GLOBAL_TABLE_SETTINGS_NOT_FOUND = _modelled(
    "GlobalTableNotFoundException", "Global table with name: '{table}' does not exist."
)
INTERNAL_SERVER_ERROR = _modelled("InternalServerError", "Internal server error", status=500)
"""The service's own answer to a region that it does not know."""

NOT_A_GLOBAL_TABLE = _modelled("ResourceNotFoundException", "Global table with name: {table} does not exist.")
AUTO_SCALING_ON_DEMAND = _validation("Auto scaling settings cannot be updated for a table in on-demand capacity mode")
AUTO_SCALING_INCOMPLETE = _invalid_parameter(
    "MinimumUnits, MaximumUnits and ScalingPolicyUpdate must be specified to enable auto scaling"
)
AUTO_SCALING_RANGE = _invalid_parameter("MinimumUnits must not be greater than MaximumUnits")
AUTO_SCALING_NOTHING = _invalid_parameter("At least one auto scaling update is required")
