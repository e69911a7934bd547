"""What is measured and is no case of the table.

studies/    what is measured to be looked at: figures and tables, without a verdict
networks/   whole networks, differentiated by every parameter
mutation/   bugs planted in backward, and how many of them the checker finds
"""
