"""CRM and Books, items and products, and the sales figures on the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_bc import books_one, change_books, change_crm, crm_all, crm_one, customers, in_books, in_crm, names
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-books-crm"
ITEMS = "title: Items\n"


def items(house: House) -> list[dict[str, Any]]:
    """Every item of Books."""
    return house.visitor.records("books", "items")


@proves(SPEC, flip("books.items <-> crm.Products", "books.items <- crm.Products"))
def test_BC_05_items_and_products_go_both_ways(house: House) -> None:
    house.choose(items="both")
    product = in_crm(house, "product", Product_Name="Lamp", Unit_Price=12.5, Description="warm")
    item = in_books(house, "item", name="Desk", rate=300, sku="D-1")
    house.run()
    lamp = only([one for one in items(house) if one["name"] == "Lamp"])
    assert (lamp.get("rate"), lamp.get("description")) == (12.5, "warm")
    desk = only([one for one in crm_all(house, "product") if one["Product_Name"] == "Desk"])
    assert (desk.get("Unit_Price"), desk.get("Product_Code")) == (300, "D-1")
    change_books(house, "item", item, name="Desk", rate=320)
    change_crm(house, "product", product, Unit_Price=13)
    house.run()
    assert crm_one(house, "product", desk["id"]).get("Unit_Price") == 320
    assert books_one(house, "item", lamp["item_id"]).get("rate") == 13
    house.quiet()


def _twins(house: House, **more: Any) -> tuple[str, str]:
    """An item and a product of one name, whose descriptions differ."""
    item = in_books(house, "item", name="Desk", rate=300, description="of Books")
    return item, in_crm(house, "product", **{"Product_Name": "Desk", "Description": "of CRM"} | more)


@also_proves(
    SPEC,
    flip("books.items <-> crm.Products", "books.items <- crm.Products"),
    flip("name = Product_Name", "sku = Product_Code"),
)
def test_BC_05_both_ways_books_goes_first_so_an_item_overwrites_the_product_of_its_name(house: House) -> None:
    house.choose(items="both")
    item, product = _twins(house)
    house.run()
    assert [one["id"] for one in crm_all(house, "product")] == [product]
    assert crm_one(house, "product", product).get("Description") == "of Books"
    assert books_one(house, "item", item).get("description") == "of Books"
    house.quiet()


@also_proves(SPEC, flip("options.items = 'fetch' OR", "FALSE OR"))
def test_BC_05_fetched_only_products_overwrite_items_and_no_item_goes_to_crm(house: House) -> None:
    house.choose(items="fetch")
    item, product = _twins(house)
    in_books(house, "item", name="Shelf", rate=80)
    house.run()
    assert books_one(house, "item", item).get("description") == "of CRM"
    assert [one["id"] for one in crm_all(house, "product")] == [product]


@also_proves(SPEC, flip("duplicates: ${options.item_duplicates}", "duplicates: overwrite"))
def test_BC_05_skip_leaves_both_as_they_are(house: House) -> None:
    house.choose(items="both")
    house.choose(item_duplicates="skip")
    item, product = _twins(house)
    house.forget_calls()
    house.run()
    assert house.writes() == []
    assert books_one(house, "item", item).get("description") == "of Books"
    assert crm_one(house, "product", product).get("Description") == "of CRM"


@also_proves(SPEC, flip("duplicates: ${options.item_duplicates}", "duplicates: overwrite"))
def test_BC_05_clone_makes_a_second_product_beside_the_old_one(house: House) -> None:
    house.choose(items="both")
    house.choose(item_duplicates="clone")
    item, product = _twins(house)
    house.run()
    assert names(crm_all(house, "product"), "Product_Name") == ["Desk", "Desk"]
    assert crm_one(house, "product", product).get("Description") == "of CRM"
    assert [one["item_id"] for one in items(house)] == [item]
    house.quiet()


@also_proves(SPEC, flip("if: options.product_type", "if: options.figures", file="mappings/item-product.yaml"))
def test_BC_05_a_custom_field_with_goods_and_services_is_the_product_type(house: House) -> None:
    house.choose(items="both")
    house.choose(product_type=True)
    in_crm(house, "product", Product_Name="Lamp", Product_Type="Goods", Unit_Price=10)
    help_ = in_crm(house, "product", Product_Name="Help", Product_Type="Services", Unit_Price=90)
    in_books(house, "item", name="Course", rate=90, product_type="service")
    house.run()
    kinds = {one["name"]: one.get("product_type") for one in items(house)}
    assert kinds == {"Lamp": "goods", "Help": "service", "Course": "service"}
    course = only([one for one in crm_all(house, "product") if one["Product_Name"] == "Course"])
    assert course.get("Product_Type") == "Services"
    assert crm_one(house, "product", help_).get("Product_Type") == "Services"
    house.quiet()


@also_proves(SPEC, flip("view: { crm: saved(options.product_view) }", ""))
def test_BC_05_a_view_limits_products_and_what_leaves_it_is_not_deleted(house: House) -> None:
    house.choose(items="both")
    house.choose(product_view="Software")
    inside = in_crm(house, "product", Product_Name="Ledger", Product_Category="Software", Unit_Price=10)
    in_crm(house, "product", Product_Name="Lamp", Product_Category="Hardware", Unit_Price=10)
    house.run()
    item = only(items(house))
    assert item["name"] == "Ledger"
    change_crm(house, "product", inside, Product_Category="Hardware")
    for words in ((), ("--full",)):
        house.run(*words)
        assert books_one(house, "item", item["item_id"]).get("status") == "active"


@also_proves(SPEC, flip("deletes: keep", "deletes: propagate", after=ITEMS))
def test_BC_10_an_item_pushed_to_crm_and_deleted_there_stays_in_books_and_is_not_made_again(
    house: House,
) -> None:
    house.choose(items="both")
    item = in_books(house, "item", name="Desk", rate=300)
    house.run()
    house.visitor.crm("DELETE", f"/Products/{only(crm_all(house, 'product'))['id']}")
    for words in ((), ("--full",)):
        house.run(*words)
        assert crm_all(house, "product") == []
        assert books_one(house, "item", item).get("status") == "active"
    house.quiet()


@proves(
    SPEC,
    flip("if: options.figures AND", "if: options.owners AND"),
    flip("Total_Sales <- total_sales_amount", file="mappings/account-figures.yaml"),
    flip("Outstanding_Receivables <- outstanding_receivable_amount", file="mappings/account-figures.yaml"),
)
def test_BC_14_the_account_shows_sales_and_outstanding_receivables(house: House) -> None:
    house.choose(items="both")
    account = in_crm(house, "account", Account_Name="Nordwind")
    house.run()
    assert crm_one(house, "account", account).get("Total_Sales") is None
    house.choose(figures=True)
    customer = only(customers(house))["contact_id"]
    line = {"name": "Desk", "rate": 300, "quantity": 2}
    invoice = in_books(house, "invoice", customer_id=customer, line_items=[line])
    house.visitor.books("POST", f"/invoices/{invoice}/status/sent")
    house.run()
    shown = crm_one(house, "account", account)
    assert (shown.get("Total_Sales"), shown.get("Outstanding_Receivables")) == (600, 600)
    house.quiet()
    house.visitor.command(
        "clock", advance_s=7200
    )  # another customer, so that no window reaches back to this one
    house.visitor.sign_in()
    in_crm(house, "account", Account_Name="Südwind")
    house.run()
    another = in_books(house, "invoice", customer_id=customer, line_items=[line | {"quantity": 1}])
    house.visitor.books("POST", f"/invoices/{another}/status/sent")
    house.run()
    shown = crm_one(house, "account", account)
    assert (shown.get("Total_Sales"), shown.get("Outstanding_Receivables")) == (900, 900)
    house.quiet()
