"""Attribute values as they are kept: canonical DynamoDB-JSON, exact numbers, sizes and key encodings."""
